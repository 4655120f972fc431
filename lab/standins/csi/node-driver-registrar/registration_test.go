package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const driver, endpoint = "lvm.example.org", "/var/lib/kubelet/plugins/lvm.example.org/csi.sock"

// running serves the registration of driver until the returned function is called, which waits for its end.
func running(t *testing.T, socket, name string, refused func(string)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- registration{name: name, endpoint: endpoint, refused: refused}.serve(ctx, socket) }()
	for range 500 {
		if found, err := net.Dial("unix", socket); err == nil {
			found.Close()
			return func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nobody listens")
	return nil
}

// kubelet is a client of the registration socket.
func kubelet(t *testing.T, socket string) registerapi.RegistrationClient {
	t.Helper()
	found, err := connection.Connect(t.Context(), socket, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { found.Close() })
	return registerapi.NewRegistrationClient(found)
}

func status(check health) (int, string) {
	answer := httptest.NewRecorder()
	check.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	return answer.Code, answer.Body.String()
}

func TestKubeletLearnsOfTheDriver(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "reg.sock")
	defer running(t, socket, driver, nil)()
	info, err := kubelet(t, socket).GetInfo(t.Context(), &registerapi.InfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Type != "CSIPlugin" || info.Name != driver || info.Endpoint != endpoint || strings.Join(info.SupportedVersions, " ") != "1.0.0" {
		t.Error(info)
	}
}

func TestOnlyARefusedRegistrationIsAnError(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "reg.sock")
	reasons := make(chan string, 2)
	defer running(t, socket, driver, func(reason string) { reasons <- reason })()
	for _, status := range []*registerapi.RegistrationStatus{{PluginRegistered: true}, {Error: "no such driver"}} {
		if _, err := kubelet(t, socket).NotifyRegistrationStatus(t.Context(), status); err != nil {
			t.Fatal(err)
		}
	}
	if reason := <-reasons; reason != "no such driver" || len(reasons) != 0 {
		t.Errorf("%q, and %d more", reason, len(reasons))
	}
}

func TestTheSocketIsTheOwnersAndGoesInTheEnd(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "reg.sock")
	stop := running(t, socket, driver, nil)
	found, err := os.Stat(socket)
	if err != nil || found.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", found, err)
	}
	stop()
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}

func TestASocketLeftBehindIsReplaced(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "reg.sock")
	left, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	defer running(t, socket, driver, nil)()
}

func TestAFileThatIsNoSocketStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reg.sock")
	if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := registration{name: driver}.serve(t.Context(), path)
	if content, _ := os.ReadFile(path); err == nil || !strings.Contains(err.Error(), "no socket") || string(content) != "kept" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestHealth(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "reg.sock")
	check := health{socket, driver, time.Second}
	if code, text := status(check); code != http.StatusNotFound {
		t.Errorf("without a socket: %d %s", code, text)
	}
	stop := running(t, socket, driver, nil)
	if code, text := status(check); code != http.StatusOK || text != "ok" {
		t.Errorf("while it runs: %d %s", code, text)
	}
	stop()
	defer running(t, socket, "other.example.org", nil)()
	if code, text := status(check); code != http.StatusInternalServerError || !strings.Contains(text, "other.example.org") {
		t.Errorf("with the socket of another: %d %s", code, text)
	}
}

func TestASocketThatNobodyAnswersIsNotHealthy(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "reg.sock")
	deaf, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	if code, text := status(health{socket, driver, 200 * time.Millisecond}); code != http.StatusInternalServerError {
		t.Errorf("%d %s", code, text)
	}
}
