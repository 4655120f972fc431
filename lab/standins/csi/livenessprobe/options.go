package main

import (
	"errors"
	"flag"
	"net"
	"time"
)

const defaultPort = "9808"

// options are upstream's flags.
type options struct {
	csiAddress     string
	timeout        time.Duration
	healthPort     string
	httpEndpoint   string
	metricsAddress string
	metricsPath    string
}

// add defines them; what it returns checks their values.
func (o *options) add(flags *flag.FlagSet) func() error {
	flags.StringVar(&o.csiAddress, "csi-address", "/run/csi/socket", "socket of the driver")
	flags.DurationVar(&o.timeout, "probe-timeout", 3*time.Second, "for each call of Probe")
	flags.StringVar(&o.healthPort, "health-port", defaultPort, "deprecated; port of the HTTP server")
	flags.StringVar(&o.httpEndpoint, "http-endpoint", "", "address of the HTTP server, with metrics")
	flags.StringVar(&o.metricsAddress, "metrics-address", "", "deprecated; address of a server for metrics alone")
	flags.StringVar(&o.metricsPath, "metrics-path", "/metrics", "path of metrics")
	return o.check
}

func (o *options) check() error {
	if o.httpEndpoint == "" {
		return nil
	}
	if o.healthPort != defaultPort {
		return errors.New("--health-port and --http-endpoint exclude each other")
	}
	if o.metricsAddress != "" {
		return errors.New("--metrics-address and --http-endpoint exclude each other")
	}
	return nil
}

// address of the HTTP server.
func (o *options) address() string {
	if o.httpEndpoint != "" {
		return o.httpEndpoint
	}
	return net.JoinHostPort("0.0.0.0", o.healthPort)
}
