// Command node-driver-registrar stands in for upstream's: it tells kubelet of a CSI driver.
// ../../README.md says what it honours of upstream's and what it leaves out.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	"github.com/kubernetes-csi/csi-lib-utils/rpc"
	"k8s.io/klog/v2"

	"cairn.storage/lab/standins/csi/internal/sidecar"
)

// version is set when the program is built.
var version = "unknown"

func main() {
	var asked options
	sidecar.Parse(asked.add)
	if asked.showVersion {
		fmt.Println(os.Args[0], version)
		return
	}
	if asked.mode == probeMode {
		return
	}
	klog.InfoS("Version", "version", version)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	name, err := driverName(ctx, asked)
	if err != nil {
		sidecar.Exit(err, "Driver's name")
	}
	socket := filepath.Join(asked.registrationPath, name+"-reg.sock")
	if asked.address() != "" {
		go func() {
			sidecar.Exit(serveHealth(asked, health{socket, name, asked.timeout}), "HTTP server")
		}()
	}
	server := registration{name: name, endpoint: asked.kubeletPath, refused: func(reason string) {
		sidecar.Exit(fmt.Errorf("kubelet says: %s", reason), "Registration failed")
	}}
	if err := server.serve(ctx, socket); err != nil {
		sidecar.Exit(err, "Registration socket")
	}
}

// driverName asks the driver, and waits half a minute for its socket.
func driverName(ctx context.Context, asked options) (string, error) {
	driver, err := connection.Connect(ctx, asked.csiAddress, nil)
	if err != nil {
		return "", fmt.Errorf("connect to %s: %w", asked.csiAddress, err)
	}
	defer driver.Close()
	ctx, cancel := context.WithTimeout(ctx, asked.timeout)
	defer cancel()
	return rpc.GetDriverName(ctx, driver)
}
