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
	asked, err := parse("")
	wanted := options{csiAddress: "/run/csi/socket", timeout: 3 * time.Second, healthPort: "9808", metricsPath: "/metrics"}
	if err != nil || asked != wanted {
		t.Errorf("%+v, not %+v: %v", asked, wanted, err)
	}
}

func TestAddressOfTheServer(t *testing.T) {
	for words, wanted := range map[string]string{
		"":                     "0.0.0.0:9808",
		"--health-port=1":      "0.0.0.0:1",
		"--http-endpoint=:1":   ":1",
		"--metrics-address=:2": "0.0.0.0:9808",
	} {
		if asked, err := parse(words); err != nil || asked.address() != wanted {
			t.Errorf("%s: %q, %v", words, asked.address(), err)
		}
	}
}

func TestRefused(t *testing.T) {
	sidecartest.Refused(t, func(words string) error { return sidecartest.Read(words, new(options).add) }, map[string]string{
		"--http-endpoint=:1 --health-port=2":      "--health-port and --http-endpoint",
		"--http-endpoint=:1 --metrics-address=:2": "--metrics-address and --http-endpoint",
		"--probe-timeout=3":                       "invalid value",
		"--leader-election":                       "not defined",
	})
}
