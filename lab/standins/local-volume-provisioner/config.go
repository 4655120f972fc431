package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// Config is the ConfigMap of upstream's provisioner: one file per key, each a YAML document.
type Config struct {
	Classes           map[string]Class  `json:"storageClassMap"`
	NodeLabelsForPV   []string          `json:"nodeLabelsForPV"`
	LabelsForPV       map[string]string `json:"labelsForPV"`
	MinResyncPeriod   metav1.Duration   `json:"minResyncPeriod"`
	UseNodeNameOnly   bool              `json:"useNodeNameOnly"`
	SetPVOwnerRef     bool              `json:"setPVOwnerRef"`
	RemoveTaint       bool              `json:"removeNodeNotReadyTaint"`
	TaintKey          string            `json:"provisionerNotReadyNodeTaintKey"`
	UseJobForCleaning bool              `json:"useJobForCleaning"`
	UseAlphaAPI       bool              `json:"useAlphaAPI"`
}

// Class says where the volumes of one StorageClass are found and what PVs are made of them.
type Class struct {
	HostDir             string                            `json:"hostDir"`
	MountDir            string                            `json:"mountDir"`
	VolumeMode          corev1.PersistentVolumeMode       `json:"volumeMode"`
	AccessMode          corev1.PersistentVolumeAccessMode `json:"accessMode"`
	FSType              string                            `json:"fsType"`
	NamePattern         string                            `json:"namePattern"`
	BlockCleanerCommand []string                          `json:"blockCleanerCommand"`
	Selector            []corev1.NodeSelectorTerm         `json:"selector"`
}

// LoadConfig reads the folder a ConfigMap is mounted at. Unknown keys are ignored, as upstream does.
func LoadConfig(folder string) (*Config, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	keys := map[string]json.RawMessage{}
	for _, file := range files {
		// The kubelet keeps the real files in a folder "..<time>" behind a link "..data".
		if file.IsDir() || strings.HasPrefix(file.Name(), "..") {
			continue
		}
		path := filepath.Join(folder, file.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
		value, err := yaml.YAMLToJSON(text)
		if err != nil {
			return nil, fmt.Errorf("configuration: %s is not YAML: %w", path, err)
		}
		keys[file.Name()] = value
	}
	whole, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	config := &Config{
		MinResyncPeriod: metav1.Duration{Duration: 5 * time.Minute},
		TaintKey:        "sig-storage-local-static-provisioner/agent-not-ready",
	}
	if err := json.Unmarshal(whole, config); err != nil {
		return nil, fmt.Errorf("configuration in %s: %w", folder, err)
	}
	return config, config.complete()
}

// complete fills in upstream's defaults and refuses what cannot be honoured.
func (c *Config) complete() error {
	if c.UseJobForCleaning {
		return fmt.Errorf("useJobForCleaning: true is left out of this stand-in; set it to false")
	}
	if c.UseAlphaAPI {
		return fmt.Errorf("useAlphaAPI: true is left out of this stand-in; Kubernetes dropped that API in 1.10")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Classes)) {
		class := c.Classes[name]
		if err := class.complete(); err != nil {
			return fmt.Errorf("storageClassMap.%s: %w", name, err)
		}
		c.Classes[name] = class
	}
	return nil
}

func (c *Class) complete() error {
	if c.HostDir == "" || c.MountDir == "" {
		return fmt.Errorf("hostDir and mountDir are both needed, found %q and %q", c.HostDir, c.MountDir)
	}
	if c.VolumeMode == "" {
		c.VolumeMode = corev1.PersistentVolumeFilesystem
	}
	if c.VolumeMode != corev1.PersistentVolumeFilesystem && c.VolumeMode != corev1.PersistentVolumeBlock {
		return fmt.Errorf("volumeMode is Filesystem or Block, found %q", c.VolumeMode)
	}
	if c.AccessMode == "" {
		c.AccessMode = corev1.ReadWriteOnce
	}
	if c.NamePattern == "" {
		c.NamePattern = "*"
	}
	if _, err := c.matches(""); err != nil {
		return fmt.Errorf("namePattern %q: %w", c.NamePattern, err)
	}
	if c.BlockCleanerCommand == nil {
		c.BlockCleanerCommand = []string{"/scripts/quick_reset.sh"}
	}
	if len(c.BlockCleanerCommand) == 0 {
		return fmt.Errorf("blockCleanerCommand is an empty list; name a command or leave the key out")
	}
	return nil
}

// matches tells whether the file name fits one of the comma-separated globs of namePattern.
func (c *Class) matches(file string) (bool, error) {
	for glob := range strings.SplitSeq(c.NamePattern, ",") {
		if fits, err := filepath.Match(strings.TrimSpace(glob), file); fits || err != nil {
			return fits, err
		}
	}
	return false, nil
}

// inside maps a PV's path on the host to the path at which this process sees it.
func (c *Class) inside(hostPath string) (string, error) {
	file, err := filepath.Rel(c.HostDir, hostPath)
	if err != nil || file == "." || !filepath.IsLocal(file) {
		return "", fmt.Errorf("path %q does not lie in the class's hostDir %q", hostPath, c.HostDir)
	}
	return filepath.Join(c.MountDir, file), nil
}
