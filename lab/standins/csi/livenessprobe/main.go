// Command livenessprobe stands in for upstream's: it makes a CSI driver's Probe a health check over HTTP.
// ../../README.md says what it honours of upstream's and what it leaves out.
package main

import (
	"context"
	"net/http"
	"time"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	"github.com/kubernetes-csi/csi-lib-utils/metrics"
	"github.com/kubernetes-csi/csi-lib-utils/rpc"
	"k8s.io/klog/v2"

	"cairn.storage/lab/standins/csi/internal/sidecar"
)

// patience is for a driver that starts, or is started again, when the pod does.
const patience = 5 * time.Minute

func main() {
	var asked options
	sidecar.Parse(asked.add)
	recorded := metrics.NewCSIMetricsManagerForSidecar("")
	name, err := driverName(context.Background(), asked.csiAddress, recorded)
	if err != nil {
		sidecar.Exit(err, "Driver's name")
	}
	klog.InfoS("Driver", "name", name)
	recorded.SetDriverName(name)

	health := http.NewServeMux()
	health.Handle("/healthz", probe{asked.csiAddress, asked.timeout, recorded})
	figures := health
	if asked.metricsAddress != "" {
		figures = http.NewServeMux()
		go func() {
			sidecar.Exit(http.ListenAndServe(asked.metricsAddress, figures), "HTTP server of metrics")
		}()
	}
	if asked.metricsAddress != "" || asked.httpEndpoint != "" {
		recorded.RegisterToServer(figures, asked.metricsPath)
	}
	klog.InfoS("Listening", "address", asked.address())
	sidecar.Exit(http.ListenAndServe(asked.address(), health), "HTTP server")
}

func driverName(ctx context.Context, address string, recorded metrics.CSIMetricsManager) (string, error) {
	driver, err := connection.Connect(ctx, address, recorded, connection.WithTimeout(patience))
	if err != nil {
		return "", err
	}
	defer driver.Close()
	return rpc.GetDriverName(ctx, driver)
}
