package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"google.golang.org/grpc"
	"k8s.io/klog/v2"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// registration answers kubelet, which finds its socket and asks for the driver's own.
type registration struct {
	registerapi.UnimplementedRegistrationServer
	name     string
	endpoint string
	// refused is called with kubelet's reason.
	refused func(reason string)
}

func (r registration) GetInfo(context.Context, *registerapi.InfoRequest) (*registerapi.PluginInfo, error) {
	klog.V(2).InfoS("Asked for the driver", "driver", r.name)
	return &registerapi.PluginInfo{
		Type:     registerapi.CSIPlugin,
		Name:     r.name,
		Endpoint: r.endpoint,
		// Of CSI, as kubelet knows it: any 1.x.
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (r registration) NotifyRegistrationStatus(_ context.Context, status *registerapi.RegistrationStatus) (*registerapi.RegistrationStatusResponse, error) {
	klog.InfoS("Registration", "driver", r.name, "registered", status.PluginRegistered, "error", status.Error)
	if !status.PluginRegistered {
		r.refused(status.Error)
	}
	return &registerapi.RegistrationStatusResponse{}, nil
}

// serve answers at the socket until ctx ends; the socket is gone then, and kubelet forgets the driver.
func (r registration) serve(ctx context.Context, socket string) error {
	if err := removeSocket(socket); err != nil {
		return err
	}
	mask := syscall.Umask(0o077)
	listener, err := net.Listen("unix", socket)
	syscall.Umask(mask)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	registerapi.RegisterRegistrationServer(server, r)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	klog.InfoS("Waiting for kubelet", "socket", socket, "driver", r.name, "endpoint", r.endpoint)
	if err := server.Serve(listener); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	// It was told to end before it began.
	return nil
}

// removeSocket removes what a process that was killed has left; anything but a socket stays.
func removeSocket(path string) error {
	found, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if found.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s: found a file that is no socket", path)
	}
	return os.Remove(path)
}
