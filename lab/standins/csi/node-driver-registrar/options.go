package main

import (
	"errors"
	"flag"
	"strconv"
	"time"
)

// probeMode was a check for kubelet to run; since it is of no use any more, it succeeds at once.
const probeMode = "kubelet-registration-probe"

// options are upstream's flags.
type options struct {
	csiAddress       string
	kubeletPath      string
	registrationPath string
	mode             string
	httpEndpoint     string
	healthPort       int
	timeout          time.Duration
	profiling        bool
	showVersion      bool
}

// add defines them; what it returns checks their values.
func (o *options) add(flags *flag.FlagSet) func() error {
	flags.StringVar(&o.csiAddress, "csi-address", "/run/csi/socket", "socket of the driver, as this container sees it")
	flags.StringVar(&o.kubeletPath, "kubelet-registration-path", "", "socket of the driver, as the machine sees it")
	flags.StringVar(&o.registrationPath, "plugin-registration-path", "/registration", "folder where kubelet looks for plugins")
	flags.StringVar(&o.mode, "mode", "", "deprecated; with "+probeMode+" it ends at once")
	flags.StringVar(&o.httpEndpoint, "http-endpoint", "", "address of the HTTP server; none without it")
	flags.IntVar(&o.healthPort, "health-port", 0, "deprecated; port of the HTTP server")
	flags.DurationVar(&o.timeout, "timeout", time.Second, "for each call")
	flags.BoolVar(&o.profiling, "enable-pprof", false, "serve profiles, too")
	flags.BoolVar(&o.showVersion, "version", false, "show the version")
	flags.Duration("connection-timeout", 0, "deprecated; has no effect")
	return o.check
}

func (o *options) check() error {
	switch {
	case o.showVersion:
		return nil
	case o.kubeletPath == "":
		return errors.New("--kubelet-registration-path is required")
	case o.healthPort > 0 && o.httpEndpoint != "":
		return errors.New("--health-port and --http-endpoint exclude each other")
	}
	return nil
}

// address of the HTTP server, or "".
func (o *options) address() string {
	if o.healthPort > 0 {
		return ":" + strconv.Itoa(o.healthPort)
	}
	return o.httpEndpoint
}
