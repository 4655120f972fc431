package main

import (
	"fmt"
	"hash/fnv"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const provisionedBy = "pv.kubernetes.io/provisioned-by"

// volumeName is upstream's: the FNV-1a hash of file, node and class, so a disk's identity is in
// the name only when the file name carries it.
func volumeName(file, node, class string) string {
	hash := fnv.New32a()
	hash.Write([]byte(file + node + class))
	return fmt.Sprintf("local-pv-%x", hash.Sum32())
}

// roundCapacity rounds bytes down to whole GiB, or else whole MiB, of which there are at least ten.
func roundCapacity(bytes int64) int64 {
	for _, unit := range []int64{1 << 30, 1 << 20} {
		if bytes >= 10*unit {
			return bytes / unit * unit
		}
	}
	return bytes
}

// reclaimPolicy of PVs of the class; Kubernetes' default is Delete.
func reclaimPolicy(class *storagev1.StorageClass) (corev1.PersistentVolumeReclaimPolicy, error) {
	if class.ReclaimPolicy == nil {
		return corev1.PersistentVolumeReclaimDelete, nil
	}
	switch policy := *class.ReclaimPolicy; policy {
	case corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain:
		return policy, nil
	default:
		return "", fmt.Errorf("StorageClass %s: reclaimPolicy is Retain or Delete, found %q", class.Name, policy)
	}
}

// newVolume describes the PV for one file of a class. The capacity is in bytes, not yet rounded.
func (p *Provisioner) newVolume(file string, class Class, storage *storagev1.StorageClass,
	policy corev1.PersistentVolumeReclaimPolicy, capacity int64) *corev1.PersistentVolume {
	source := &corev1.LocalVolumeSource{Path: filepath.Join(class.HostDir, file)}
	if class.FSType != "" {
		source.FSType = &class.FSType
	}
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        volumeName(file, p.node.Name, storage.Name),
			Labels:      p.labels(),
			Annotations: map[string]string{provisionedBy: p.name},
		},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: corev1.ResourceList{
				corev1.ResourceStorage: *resource.NewQuantity(roundCapacity(capacity), resource.BinarySI),
			},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{Local: source},
			AccessModes:                   []corev1.PersistentVolumeAccessMode{class.AccessMode},
			PersistentVolumeReclaimPolicy: policy,
			StorageClassName:              storage.Name,
			MountOptions:                  storage.MountOptions,
			VolumeMode:                    &class.VolumeMode,
			NodeAffinity:                  p.affinity(class),
		},
	}
	if p.config.SetPVOwnerRef {
		volume.OwnerReferences = []metav1.OwnerReference{
			{APIVersion: "v1", Kind: "Node", Name: p.node.Name, UID: p.node.UID},
		}
	}
	return volume
}

// labels of every PV: those copied from the node where it has them, then the configured ones.
func (p *Provisioner) labels() map[string]string {
	labels := map[string]string{}
	for _, key := range p.config.NodeLabelsForPV {
		if value, found := p.node.Labels[key]; found {
			labels[key] = value
		}
	}
	for key, value := range p.config.LabelsForPV {
		labels[key] = value
	}
	return labels
}

// affinity ties a PV to this node. The class's own terms are further terms: any one suffices.
func (p *Provisioner) affinity(class Class) *corev1.VolumeNodeAffinity {
	here := corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{
		Key:      corev1.LabelHostname,
		Operator: corev1.NodeSelectorOpIn,
		Values:   []string{p.node.Labels[corev1.LabelHostname]},
	}}}
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
		NodeSelectorTerms: append([]corev1.NodeSelectorTerm{here}, class.Selector...),
	}}
}
