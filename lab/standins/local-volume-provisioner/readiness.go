package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
)

// readiness is the outcome of the last discovery; nil is ready.
type readiness struct {
	last atomic.Pointer[error]
}

var errNotYet = errors.New("nothing discovered yet")

func (r *readiness) set(err error) { r.last.Store(&err) }

// ServeHTTP answers 200 when ready, else 500, the status of upstream's health check.
func (r *readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if err := *r.last.Load(); err != nil {
		http.Error(w, "not ready: "+err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, "ok")
}
