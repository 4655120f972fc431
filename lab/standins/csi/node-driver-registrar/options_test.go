package main

import (
	"testing"
	"time"

	"cairn.storage/lab/standins/csi/internal/sidecartest"
)

func parse(words string) (options, error) {
	var asked options
	err := sidecartest.Read(words, asked.add)
	return asked, err
}

func TestDefaults(t *testing.T) {
	asked, err := parse("--kubelet-registration-path=/k/csi.sock")
	if err != nil {
		t.Fatal(err)
	}
	wanted := options{
		csiAddress: "/run/csi/socket", kubeletPath: "/k/csi.sock", registrationPath: "/registration", timeout: time.Second,
	}
	if asked != wanted {
		t.Errorf("%+v, not %+v", asked, wanted)
	}
}

func TestAddressOfTheServer(t *testing.T) {
	for words, wanted := range map[string]string{
		"":                            "",
		"--health-port=0":             "",
		"--health-port=9809":          ":9809",
		"--http-endpoint=:9809":       ":9809",
		"--http-endpoint=127.0.0.1:1": "127.0.0.1:1",
	} {
		asked, err := parse("--kubelet-registration-path=/k/csi.sock " + words)
		if err != nil || asked.address() != wanted {
			t.Errorf("%s: %q, %v", words, asked.address(), err)
		}
	}
}

func TestRefused(t *testing.T) {
	sidecartest.Refused(t, func(words string) error { return sidecartest.Read(words, new(options).add) }, map[string]string{
		"": "--kubelet-registration-path is required",
		"--kubelet-registration-path=/k --health-port=1 --http-endpoint=:1": "exclude each other",
		"--kubelet-registration-path=/k --health-port=x":                    "invalid value",
		"--kubelet-registration-path=/k --pod-info-mount-version=v1":        "not defined",
		"--kubelet-registration-path=/k --timeout=15":                       "invalid value",
	})
}

func TestTheVersionNeedsNoPath(t *testing.T) {
	if _, err := parse("--version"); err != nil {
		t.Error(err)
	}
}
