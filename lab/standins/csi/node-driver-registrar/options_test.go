package main

import (
	"flag"
	"io"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, words string) (options, error) {
	t.Helper()
	var asked options
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asked.add(flags)
	if err := flags.Parse(strings.Fields(words)); err != nil {
		return asked, err
	}
	return asked, asked.check()
}

func TestDefaults(t *testing.T) {
	asked, err := parse(t, "--kubelet-registration-path=/k/csi.sock")
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
		asked, err := parse(t, "--kubelet-registration-path=/k/csi.sock "+words)
		if err != nil || asked.address() != wanted {
			t.Errorf("%s: %q, %v", words, asked.address(), err)
		}
	}
}

func TestRefused(t *testing.T) {
	for words, part := range map[string]string{
		"": "--kubelet-registration-path is required",
		"--kubelet-registration-path=/k --health-port=1 --http-endpoint=:1": "exclude each other",
		"--kubelet-registration-path=/k --health-port=x":                    "invalid value",
		"--kubelet-registration-path=/k --pod-info-mount-version=v1":        "not defined",
		"--kubelet-registration-path=/k --timeout=15":                       "invalid value",
	} {
		if _, err := parse(t, words); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v", words, err)
		}
	}
}

func TestTheVersionNeedsNoPath(t *testing.T) {
	if _, err := parse(t, "--version"); err != nil {
		t.Error(err)
	}
}
