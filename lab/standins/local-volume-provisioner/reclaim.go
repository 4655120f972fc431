package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// reclaim cleans the released volumes whose policy is Delete, and deletes their PVs one pass after
// the cleaning succeeded.
func (p *Provisioner) reclaim(ctx context.Context, mine volumes) {
	for _, volume := range mine {
		if volume.Status.Phase != corev1.VolumeReleased || volume.DeletionTimestamp != nil {
			continue
		}
		switch policy := volume.Spec.PersistentVolumeReclaimPolicy; policy {
		case corev1.PersistentVolumeReclaimRetain:
		case corev1.PersistentVolumeReclaimDelete:
			if mode, err := p.reclaimOne(ctx, volume); err != nil {
				klog.Errorf("PV %s: %v", volume.Name, err)
				deleteFailedTotal.WithLabelValues(mode, "process").Inc()
				p.events.Eventf(volume, corev1.EventTypeWarning, "VolumeFailedDelete", "Error cleaning PV %q: %v", volume.Name, err)
			}
		default:
			p.events.Eventf(volume, corev1.EventTypeWarning, "VolumeUnsupportedReclaimPolicy",
				"Volume has unsupported PersistentVolumeReclaimPolicy: %s", policy)
		}
	}
}

// reclaimOne takes one volume a step further. It never deletes a PV whose path is gone: nobody
// could tell whether the data on that disk was wiped. The mode found is returned for the metrics.
func (p *Provisioner) reclaimOne(ctx context.Context, volume *corev1.PersistentVolume) (string, error) {
	class, found := p.config.Classes[volume.Spec.StorageClassName]
	if !found || volume.Spec.Local == nil {
		return "unknown", fmt.Errorf("no local volume of a configured class (class %q)", volume.Spec.StorageClassName)
	}
	path, err := class.inside(volume.Spec.Local.Path)
	if err != nil {
		return "unknown", err
	}
	entry, err := entryMode(path)
	if err != nil {
		return "unknown", fmt.Errorf("not cleaned: %w", err)
	}
	mode := string(entry)
	if p.cleanings.running(volume.Name) {
		return mode, nil
	}
	done, found := p.cleanings.take(volume.Name)
	if !found || done.err != nil {
		p.cleanings.start(volume.Name, func() error { return p.clean(volume, class, path, entry) })
		return mode, nil
	}
	err = counted("delete", func() error {
		return p.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return mode, fmt.Errorf("delete PV: %w", err)
	}
	klog.Infof("deleted PV %s, cleaned", volume.Name)
	deleteTotal.WithLabelValues(mode, "process").Inc()
	size := volume.Spec.Capacity[corev1.ResourceStorage]
	deleteSeconds.WithLabelValues(mode, "process", capacityStep(size.Value()), class.BlockCleanerCommand[0]).
		Observe(time.Since(done.started).Seconds())
	return mode, nil
}

func (p *Provisioner) clean(volume *corev1.PersistentVolume, class Class, path string, mode corev1.PersistentVolumeMode) error {
	klog.Infof("cleaning PV %s at %s", volume.Name, path)
	if mode == corev1.PersistentVolumeFilesystem {
		return emptyFolder(path)
	}
	p.events.Eventf(volume, corev1.EventTypeNormal, "VolumeDelete",
		"Starting cleanup of Block PV %q, this may take a while", volume.Name)
	command := exec.Command(class.BlockCleanerCommand[0], class.BlockCleanerCommand[1:]...)
	command.Env = append(os.Environ(), "LOCAL_PV_BLKDEVICE="+path)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	return command.Run()
}
