package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	"github.com/kubernetes-csi/csi-lib-utils/metrics"
	"github.com/kubernetes-csi/csi-lib-utils/rpc"
	"k8s.io/klog/v2"
)

// probe asks the driver once for each request that it answers.
type probe struct {
	address  string
	timeout  time.Duration
	recorded metrics.CSIMetricsManager
}

// ServeHTTP answers 200 when the driver says that it is ready, else 500.
func (p probe) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if err := p.check(request.Context()); err != nil {
		klog.ErrorS(err, "Not healthy")
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, "ok")
}

func (p probe) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	// Over a new connection: the socket itself is part of what is to be healthy.
	driver, err := connection.Connect(ctx, p.address, p.recorded, connection.WithTimeout(p.timeout))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", p.address, err)
	}
	defer driver.Close()
	ready, err := rpc.Probe(ctx, driver)
	if err == nil && !ready {
		err = errors.New("the driver says that it is not ready")
	}
	return err
}
