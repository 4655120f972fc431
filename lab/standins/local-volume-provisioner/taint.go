package main

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// removeTaint takes the startup taint off the node, once: a taint that comes back later is
// somebody's wish.
func (p *Provisioner) removeTaint(ctx context.Context) error {
	if !p.config.RemoveTaint || p.untainted {
		return nil
	}
	node, err := p.client.CoreV1().Nodes().Get(ctx, p.node.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("startup taint: %w", err)
	}
	before := len(node.Spec.Taints)
	node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
		return taint.Key == p.config.TaintKey
	})
	if len(node.Spec.Taints) == before {
		return nil
	}
	if _, err := p.client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("startup taint %s: %w", p.config.TaintKey, err)
	}
	p.untainted = true
	klog.Infof("removed startup taint %s from node %s", p.config.TaintKey, node.Name)
	return nil
}
