package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestDefaultsAreUpstreams(t *testing.T) {
	config, err := LoadConfig(write(t, map[string]string{
		"storageClassMap": "fast:\n  hostDir: /mnt/fast\n  mountDir: /mnt/fast\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	wanted := Class{
		HostDir: "/mnt/fast", MountDir: "/mnt/fast", VolumeMode: "Filesystem", AccessMode: "ReadWriteOnce",
		NamePattern: "*", BlockCleanerCommand: []string{"/scripts/quick_reset.sh"},
	}
	if !reflect.DeepEqual(config.Classes["fast"], wanted) {
		t.Errorf("class: %+v", config.Classes["fast"])
	}
	if config.MinResyncPeriod.Duration != 5*time.Minute || config.UseNodeNameOnly || config.SetPVOwnerRef || config.RemoveTaint {
		t.Errorf("top level: %+v", config)
	}
	if config.TaintKey != "sig-storage-local-static-provisioner/agent-not-ready" {
		t.Errorf("taint key: %s", config.TaintKey)
	}
}

func TestRefusals(t *testing.T) {
	class := func(extra string) map[string]string {
		return map[string]string{"storageClassMap": "fast:\n  hostDir: /a\n  mountDir: /a\n  " + extra + "\n"}
	}
	for wanted, files := range map[string]map[string]string{
		"useJobForCleaning":                 {"useJobForCleaning": "true"},
		"useAlphaAPI":                       {"useAlphaAPI": "true"},
		"storageClassMap is not YAML":       {"storageClassMap": "fast: ["},
		"volumeMode is Filesystem or Block": class("volumeMode: Blocks"),
		"namePattern":                       class("namePattern: 'sd[a'"),
		"blockCleanerCommand":               class("blockCleanerCommand: []"),
		"hostDir and mountDir":              {"storageClassMap": "fast: {hostDir: /a}"},
	} {
		_, err := LoadConfig(write(t, files))
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s: %v", wanted, err)
		}
	}
}

func TestNamePatternIsAListOfGlobs(t *testing.T) {
	class := Class{NamePattern: "disk-*, wwn-0x?"}
	for file, wanted := range map[string]bool{"disk-1": true, "wwn-0x1": true, "wwn-0x12": false, "other": false} {
		if fits, err := class.matches(file); fits != wanted || err != nil {
			t.Errorf("%s: %v, %v", file, fits, err)
		}
	}
}

func TestPathsStayInTheirFolder(t *testing.T) {
	class := Class{HostDir: "/mnt/fast", MountDir: "/in/pod"}
	if path, err := class.inside("/mnt/fast/disk"); path != "/in/pod/disk" || err != nil {
		t.Errorf("%s, %v", path, err)
	}
	for _, path := range []string{"/mnt/fast", "/mnt/faster/disk", "/mnt/fast/../slow", "/etc"} {
		if inside, err := class.inside(path); err == nil {
			t.Errorf("%s is taken for %s", path, inside)
		}
	}
}
