package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/kubernetes-csi/csi-lib-utils/metrics"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// identity is a driver of which only this much is asked.
type identity struct {
	csi.UnimplementedIdentityServer
	ready *wrapperspb.BoolValue
	err   error
	takes time.Duration
}

func (i identity) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: "lvm.example.org", VendorVersion: "1"}, nil
}

func (i identity) Probe(ctx context.Context, _ *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	select {
	case <-ctx.Done():
	case <-time.After(i.takes):
	}
	return &csi.ProbeResponse{Ready: i.ready}, i.err
}

// running is the socket of a driver that answers until the test's end.
func running(t *testing.T, driver identity) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "csi.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	csi.RegisterIdentityServer(server, driver)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return socket
}

func get(handler http.Handler, path string) (int, string) {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Code, answer.Body.String()
}

func TestWhatTheDriverSaysIsItsHealth(t *testing.T) {
	for name, row := range map[string]struct {
		driver identity
		code   int
		text   string
	}{
		"ready":        {identity{ready: wrapperspb.Bool(true)}, http.StatusOK, "ok"},
		"not said":     {identity{}, http.StatusOK, "ok"},
		"not ready":    {identity{ready: wrapperspb.Bool(false)}, http.StatusInternalServerError, "not ready"},
		"fails":        {identity{err: status.Error(codes.FailedPrecondition, "no LVM")}, http.StatusInternalServerError, "no LVM"},
		"takes longer": {identity{takes: time.Minute}, http.StatusInternalServerError, "DeadlineExceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			code, text := get(probe{running(t, row.driver), 500 * time.Millisecond, nil}, "/healthz")
			if code != row.code || !strings.Contains(text, row.text) {
				t.Errorf("%d %s", code, text)
			}
			if waited := time.Since(began); waited > 10*time.Second {
				t.Errorf("after %s", waited)
			}
		})
	}
}

func TestADriverWithoutASocketIsNotHealthy(t *testing.T) {
	code, text := get(probe{filepath.Join(t.TempDir(), "none.sock"), 200 * time.Millisecond, nil}, "/healthz")
	if code != http.StatusInternalServerError {
		t.Errorf("%d %s", code, text)
	}
}

func TestTheNameIsAskedAndTheCallsAreCounted(t *testing.T) {
	socket, recorded := running(t, identity{}), metrics.NewCSIMetricsManagerForSidecar("")
	name, err := driverName(t.Context(), socket, recorded)
	if err != nil || name != "lvm.example.org" {
		t.Fatalf("%q, %v", name, err)
	}
	recorded.SetDriverName(name)
	if code, text := get(probe{socket, time.Second, recorded}, "/healthz"); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	mux := http.NewServeMux()
	recorded.RegisterToServer(mux, "/figures")
	_, text := get(mux, "/figures")
	for _, part := range []string{`method_name="/csi.v1.Identity/Probe"`, `driver_name="lvm.example.org"`, "csi_sidecar_operations_seconds_count"} {
		if !strings.Contains(text, part) {
			t.Errorf("without %s:\n%s", part, text)
		}
	}
}
