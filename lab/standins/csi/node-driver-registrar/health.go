package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// health is whether the registration socket is there and answers with the driver's name.
type health struct {
	socket  string
	name    string
	timeout time.Duration
}

// serveHealth answers HTTP requests for ever.
func serveHealth(asked options, health health) error {
	mux := http.NewServeMux()
	mux.Handle("/healthz", health)
	if asked.profiling {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return http.ListenAndServe(asked.address(), mux)
}

// ServeHTTP answers 200, 404 without a socket, else 500.
func (h health) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	switch err := h.check(request.Context()); {
	case err == nil:
		fmt.Fprint(w, "ok")
	case errors.Is(err, fs.ErrNotExist):
		http.Error(w, "registration socket does not exist", http.StatusNotFound)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (h health) check(ctx context.Context) error {
	found, err := os.Stat(h.socket)
	if err != nil {
		return err
	}
	if found.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s: no socket", h.socket)
	}
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	// Over a new connection: one that stood would not notice that the socket has become another's.
	own, err := connection.Connect(ctx, h.socket, nil)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", h.socket, err)
	}
	defer own.Close()
	info, err := registerapi.NewRegistrationClient(own).GetInfo(ctx, &registerapi.InfoRequest{})
	if err != nil {
		return fmt.Errorf("%s: %w", h.socket, err)
	}
	if info.Name != h.name {
		return fmt.Errorf("%s: belongs to driver %q, not %q", h.socket, info.Name, h.name)
	}
	return nil
}
