package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// discoverClass creates the PVs that the class's folder lacks. Whatever stands in the way of one
// entry is reported and does not keep the others from being published.
func (p *Provisioner) discoverClass(ctx context.Context, name string, class Class, mine volumes) error {
	storage, err := p.classes.Get(name)
	if err != nil {
		return fmt.Errorf("class %s: %w", name, err)
	}
	policy, err := reclaimPolicy(storage)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(class.MountDir)
	if err != nil {
		return fmt.Errorf("class %s: %w", name, err)
	}
	mounted, err := mountPoints()
	if err != nil {
		return err
	}
	var failed []error
	found := map[corev1.PersistentVolumeMode]int64{}
	for _, entry := range entries {
		// The pattern was checked when the configuration was read.
		if fits, _ := class.matches(entry.Name()); !fits {
			continue
		}
		path := filepath.Join(class.MountDir, entry.Name())
		started := time.Now()
		mode, err := entryMode(path)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if known, err := p.known(entry.Name(), class, storage, mode, mine); known || err != nil {
			failed = append(failed, err)
			continue
		}
		capacity, err := publishable(path, mode, class, mounted)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		found[mode] += capacity
		volume := p.newVolume(entry.Name(), class, storage, policy, capacity)
		failed = append(failed, p.publish(ctx, volume, started))
	}
	// Upstream sets, not adds: the gauge tells of the class last looked at, and of new entries only.
	for _, mode := range []corev1.PersistentVolumeMode{corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem} {
		capacityBytes.WithLabelValues(string(mode)).Set(float64(found[mode]))
	}
	return errors.Join(failed...)
}

// known tells whether nothing is to be published for the file: it has a PV, its path is another
// PV's, or it is being cleaned.
func (p *Provisioner) known(file string, class Class, storage *storagev1.StorageClass,
	mode corev1.PersistentVolumeMode, mine volumes) (bool, error) {
	name := volumeName(file, p.node.Name, storage.Name)
	if volume, exists := mine[name]; exists {
		wanted := volume.Spec.VolumeMode
		if wanted != nil && *wanted == corev1.PersistentVolumeBlock && mode == corev1.PersistentVolumeFilesystem {
			err := fmt.Errorf("PV %s is a block volume, but %s is a directory now", name, filepath.Join(class.MountDir, file))
			p.events.Event(volume, corev1.EventTypeWarning, "VolumeFailedDelete", err.Error())
			return true, err
		}
		return true, nil
	}
	if other := mine.at(filepath.Join(class.HostDir, file)); other != "" {
		klog.Errorf("%s is not published as %s: PV %s has that path", file, name, other)
		return true, nil
	}
	return p.cleanings.busy(name), nil
}

// publishable returns the bytes at path, or why no PV of the class may be made of it.
func publishable(path string, mode corev1.PersistentVolumeMode, class Class, mounted map[string]bool) (int64, error) {
	if mode == corev1.PersistentVolumeFilesystem {
		if class.VolumeMode == corev1.PersistentVolumeBlock {
			return 0, fmt.Errorf("%s is a directory: no block volume can be made of it", path)
		}
		if !mounted[path] {
			return 0, fmt.Errorf("%s is not a mount point", path)
		}
	}
	return entryCapacity(path, mode)
}

func (p *Provisioner) publish(ctx context.Context, volume *corev1.PersistentVolume, started time.Time) error {
	err := counted("create", func() error {
		_, err := p.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("create PV %s for %s: %w", volume.Name, volume.Spec.Local.Path, err)
	}
	klog.Infof("created PV %s for %s", volume.Name, volume.Spec.Local.Path)
	mode := string(*volume.Spec.VolumeMode)
	discoveryTotal.WithLabelValues(mode).Inc()
	discoverySeconds.WithLabelValues(mode).Observe(time.Since(started).Seconds())
	return nil
}
