// The lab's stand-in for upstream's local-volume-provisioner; ../README.md says what it leaves out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// Where upstream's DaemonSet mounts its ConfigMap; it has no flag either.
const configFolder = "/etc/provisioner/config"

var (
	discoveryPeriod  = flag.Duration("discovery-period", 10*time.Second, "time between two looks at the discovery directories")
	configSyncPeriod = flag.Duration("config-sync-period", 5*time.Second, "time between two looks at the configuration")
	listenAddress    = flag.String("listen-address", ":8080", "address of metrics and readiness")
	metricsPath      = flag.String("metrics-path", "/metrics", "path of the metrics")
)

func main() {
	klog.InitFlags(nil)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := provision(ctx); err != nil {
		klog.Exit(err)
	}
}

// provision runs until ctx ends, starting over whenever the configuration changes. PVs that exist
// are left as they are.
func provision(ctx context.Context) error {
	config, err := LoadConfig(configFolder)
	if err != nil {
		return err
	}
	client, node, err := connect(ctx)
	if err != nil {
		return err
	}
	running := newCleanings()
	running.watch()
	ready := &readiness{}
	ready.set(errNotYet)
	go func() { klog.Exit(serve(*listenAddress, *metricsPath, ready)) }()

	for ctx.Err() == nil {
		generation, end := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			run(generation, client, node, config, *discoveryPeriod, running, ready)
		}()
		config, err = changed(ctx, config)
		end()
		<-ended
		if err != nil {
			return err
		}
		ready.set(errNotYet)
	}
	return nil
}

// changed returns the configuration once it is another, or when ctx ends.
func changed(ctx context.Context, config *Config) (*Config, error) {
	for {
		select {
		case <-ctx.Done():
			return config, nil
		case <-time.After(*configSyncPeriod):
		}
		latest, err := LoadConfig(configFolder)
		if err != nil {
			return nil, err
		}
		if !reflect.DeepEqual(latest, config) {
			klog.Info("the configuration changed")
			return latest, nil
		}
	}
}

// connect returns a client (KUBECONFIG, else the pod's service account) and this process's node.
func connect(ctx context.Context) (kubernetes.Interface, *corev1.Node, error) {
	name := os.Getenv("MY_NODE_NAME")
	if name == "" {
		return nil, nil, fmt.Errorf("MY_NODE_NAME is not set; it names the node whose volumes are published")
	}
	access, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, nil, fmt.Errorf("API server: %w", err)
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return nil, nil, fmt.Errorf("API server: %w", err)
	}
	var node *corev1.Node
	// After a reboot kube-proxy may be a moment later than this pod.
	for range 3 {
		node, err = client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("node %s: %w", name, err)
	}
	if node.Labels[corev1.LabelHostname] == "" {
		return nil, nil, fmt.Errorf("node %s lacks the label %s, which its PVs are tied to", name, corev1.LabelHostname)
	}
	return client, node, nil
}
