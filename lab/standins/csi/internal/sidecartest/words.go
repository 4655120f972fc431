// Package sidecartest is what the tests of the stand-ins for CSI sidecars have in common.
package sidecartest

import (
	"flag"
	"io"
	"strings"
	"testing"
)

// Read gives the flags that add defines the values of a command line, and says what is wrong with it.
func Read(words string, add func(*flag.FlagSet) func() error) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	check := add(flags)
	if err := flags.Parse(strings.Fields(words)); err != nil {
		return err
	}
	return check()
}

// Refused tests that each command line is refused with a message that has these words in it.
func Refused(t *testing.T, read func(words string) error, cases map[string]string) {
	t.Helper()
	for words, part := range cases {
		if err := read(words); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v", words, err)
		}
	}
}
