// Package sidecar is what the stand-ins for CSI sidecars have in common.
package sidecar

import (
	"flag"
	"os"

	"github.com/kubernetes-csi/csi-lib-utils/standardflags"
	logsapi "k8s.io/component-base/logs/api/v1"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json
	"k8s.io/klog/v2"
)

// Parse reads the command line of this process: the flags that add gives, those that upstream's
// sidecars share, and their logging. Whatever is wrong ends the process.
func Parse(add func(*flag.FlagSet) func() error) {
	check := add(flag.CommandLine)
	standardflags.AddAutomaxprocs(klog.Infof)
	logging := logsapi.NewLoggingConfiguration()
	logsapi.AddGoFlags(logging, flag.CommandLine)
	flag.Parse()
	if err := logsapi.ValidateAndApply(logging, nil); err != nil {
		Exit(err, "Logging")
	}
	if err := check(); err != nil {
		Exit(err, "Command line")
	}
}

// Exit ends the process, which kubelet then starts again, with a message that says why.
func Exit(err error, message string) {
	klog.ErrorS(err, message, "program", os.Args[0])
	klog.FlushAndExit(klog.ExitFlushTimeout, 1)
}
