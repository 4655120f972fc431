package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/moby/sys/mountinfo"
	corev1 "k8s.io/api/core/v1"
)

// entryMode tells what stands at path, links followed: a directory or a block device.
// Anything else, and a path that is gone, is an error.
func entryMode(path string) (corev1.PersistentVolumeMode, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return corev1.PersistentVolumeFilesystem, nil
	case info.Mode()&os.ModeDevice != 0 && info.Mode()&os.ModeCharDevice == 0:
		return corev1.PersistentVolumeBlock, nil
	}
	return "", fmt.Errorf("%s is neither a directory nor a block device", path)
}

// entryCapacity returns the bytes of the block device, or of the file system mounted, at path.
func entryCapacity(path string, mode corev1.PersistentVolumeMode) (int64, error) {
	if mode == corev1.PersistentVolumeFilesystem {
		var fs syscall.Statfs_t
		if err := syscall.Statfs(path, &fs); err != nil {
			return 0, fmt.Errorf("statfs %s: %w", path, err)
		}
		return int64(fs.Blocks) * fs.Bsize, nil
	}
	device, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer device.Close()
	return device.Seek(0, io.SeekEnd)
}

// mountPoints returns the paths at which something is mounted in this process's mount namespace.
func mountPoints() (map[string]bool, error) {
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		return nil, fmt.Errorf("mount table: %w", err)
	}
	paths := map[string]bool{}
	for _, mount := range mounts {
		paths[mount.Mountpoint] = true
	}
	return paths, nil
}

// emptyFolder deletes all that is in the folder, but not the folder.
func emptyFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var failed []error
	for _, entry := range entries {
		failed = append(failed, os.RemoveAll(filepath.Join(folder, entry.Name())))
	}
	return errors.Join(failed...)
}
