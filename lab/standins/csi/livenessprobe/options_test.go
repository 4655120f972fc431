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
	asked, err := parse(t, "")
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
		if asked, err := parse(t, words); err != nil || asked.address() != wanted {
			t.Errorf("%s: %q, %v", words, asked.address(), err)
		}
	}
}

func TestRefused(t *testing.T) {
	for words, part := range map[string]string{
		"--http-endpoint=:1 --health-port=2":      "--health-port and --http-endpoint",
		"--http-endpoint=:1 --metrics-address=:2": "--metrics-address and --http-endpoint",
		"--probe-timeout=3":                       "invalid value",
		"--leader-election":                       "not defined",
	} {
		if _, err := parse(t, words); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v", words, err)
		}
	}
}
