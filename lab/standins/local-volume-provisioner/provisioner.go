package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
)

// Provisioner publishes the local volumes of one node under one configuration.
type Provisioner struct {
	client    kubernetes.Interface
	config    *Config
	node      *corev1.Node
	name      string
	all       corelisters.PersistentVolumeLister
	classes   storagelisters.StorageClassLister
	events    record.EventRecorder
	cleanings *cleanings
	untainted bool
}

// volumes are the PVs this provisioner made, by name.
type volumes map[string]*corev1.PersistentVolume

// at returns the name of the PV with that path on the host, or "".
func (v volumes) at(hostPath string) string {
	for name, volume := range v {
		if volume.Spec.Local != nil && volume.Spec.Local.Path == hostPath {
			return name
		}
	}
	return ""
}

// provisionerName marks the PVs of this node; by default it dies with the Node object.
func provisionerName(config *Config, node *corev1.Node) string {
	if config.UseNodeNameOnly {
		return "local-volume-provisioner-" + node.Name
	}
	return fmt.Sprintf("local-volume-provisioner-%s-%s", node.Name, node.UID)
}

// run looks after the node's volumes every period until ctx ends.
func run(ctx context.Context, client kubernetes.Interface, node *corev1.Node, config *Config,
	period time.Duration, running *cleanings, ready *readiness) {
	name := provisionerName(config, node)
	events := record.NewBroadcaster()
	defer events.Shutdown()
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})

	// Spread from one to two periods, so that the nodes' resyncs do not meet.
	factory := informers.NewSharedInformerFactory(client, wait.Jitter(config.MinResyncPeriod.Duration, 1))
	p := &Provisioner{
		client:    client,
		config:    config,
		node:      node,
		name:      name,
		all:       factory.Core().V1().PersistentVolumes().Lister(),
		classes:   factory.Storage().V1().StorageClasses().Lister(),
		events:    events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: name}),
		cleanings: running,
	}
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	factory.WaitForCacheSync(ctx.Done())

	wait.UntilWithContext(ctx, func(ctx context.Context) {
		err := p.pass(ctx)
		ready.set(err)
		if err == nil {
			err = p.removeTaint(ctx)
		}
		if err != nil {
			klog.Error(err)
		}
	}, period)
}

// pass reclaims what was released, then publishes what is new. The error says what keeps the node
// from being ready.
func (p *Provisioner) pass(ctx context.Context) error {
	all, err := p.all.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("list PVs: %w", err)
	}
	mine := volumes{}
	for _, volume := range all {
		if volume.Annotations[provisionedBy] == p.name {
			mine[volume.Name] = volume
		}
	}
	p.reclaim(ctx, mine)
	var failed []error
	for _, name := range slices.Sorted(maps.Keys(p.config.Classes)) {
		failed = append(failed, p.discoverClass(ctx, name, p.config.Classes[name], mine))
	}
	return errors.Join(failed...)
}
