package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const subsystem = "local_volume_provisioner"

// Upstream's metrics, by its names and labels.
var (
	capacityBytes = promauto.NewGaugeVec(prometheus.GaugeOpts{Subsystem: subsystem,
		Name: "persistentvolume_capacity_bytes", Help: "Bytes of the volumes just discovered, by mode."},
		[]string{"mode"})
	discoveryTotal    = counter("persistentvolume_discovery_total", "PVs created, by mode.", "mode")
	discoverySeconds  = histogram("persistentvolume_discovery_duration_seconds", "Time to create a PV, by mode.", "mode")
	deleteTotal       = counter("persistentvolume_delete_total", "PVs deleted after cleaning.", "mode", "type")
	deleteFailedTotal = counter("persistentvolume_delete_failed_total", "Attempts to delete a PV that failed.", "mode", "type")
	deleteSeconds     = histogram("persistentvolume_delete_duration_seconds", "Time to clean a volume and delete its PV.",
		"mode", "type", "capacity", "cleanup_command")
	requestsTotal       = counter("apiserver_requests_total", "Requests to the API server, by method.", "method")
	requestsFailedTotal = counter("apiserver_requests_failed_total", "Failed requests to the API server, by method.", "method")
	requestSeconds      = histogram("apiserver_requests_duration_seconds", "Time of requests to the API server, by method.", "method")
)

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return promauto.NewCounterVec(prometheus.CounterOpts{Subsystem: subsystem, Name: name, Help: help}, labels)
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return promauto.NewHistogramVec(prometheus.HistogramOpts{Subsystem: subsystem, Name: name, Help: help}, labels)
}

// counted makes one request and keeps count of it.
func counted(method string, request func() error) error {
	started := time.Now()
	err := request()
	requestsTotal.WithLabelValues(method).Inc()
	requestSeconds.WithLabelValues(method).Observe(time.Since(started).Seconds())
	if err != nil {
		requestsFailedTotal.WithLabelValues(method).Inc()
	}
	return err
}

// capacityStep groups capacities by 500 GiB, rounded up, as upstream labels them: "500G", "1000G".
func capacityStep(bytes int64) string {
	const step = 500 << 30
	return fmt.Sprintf("%dG", (bytes+step-1)/step*500)
}

// watch exposes the number of cleanings as proctable_running, _failed and _succeeded.
func (c *cleanings) watch() {
	gauge := func(name, help string, value func(running, failed, succeeded int) int) {
		promauto.NewGaugeFunc(prometheus.GaugeOpts{Subsystem: subsystem, Name: "proctable_" + name, Help: help},
			func() float64 { return float64(value(c.count())) })
	}
	gauge("running", "Cleanings under way.", func(running, _, _ int) int { return running })
	gauge("failed", "Cleanings that failed.", func(_, failed, _ int) int { return failed })
	gauge("succeeded", "Cleanings that succeeded.", func(_, _, succeeded int) int { return succeeded })
}

// serve answers at the metrics path and at /ready: 200 once everything found has its PV, else 500.
func serve(address, metricsPath string, ready *readiness) error {
	mux := http.NewServeMux()
	mux.Handle(metricsPath, promhttp.Handler())
	mux.Handle("/ready", ready)
	return http.ListenAndServe(address, mux)
}
