package main

import (
	"sync"
	"time"

	"k8s.io/klog/v2"
)

// cleaning is one volume being wiped, or wiped with the outcome err.
type cleaning struct {
	started time.Time
	ended   bool
	err     error
}

// cleanings outlive a change of the configuration, so that no volume is published half wiped.
type cleanings struct {
	lock   sync.Mutex
	byName map[string]*cleaning
}

func newCleanings() *cleanings {
	return &cleanings{byName: map[string]*cleaning{}}
}

// start runs work in the background under the PV's name.
func (c *cleanings) start(name string, work func() error) {
	entry := &cleaning{started: time.Now()}
	c.lock.Lock()
	c.byName[name] = entry
	c.lock.Unlock()
	go func() {
		err := work()
		if err != nil {
			klog.Errorf("cleaning PV %s: %v", name, err)
		}
		c.lock.Lock()
		entry.ended, entry.err = true, err
		c.lock.Unlock()
	}()
}

func (c *cleanings) running(name string) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	entry, found := c.byName[name]
	return found && !entry.ended
}

// take returns and forgets the outcome of a cleaning that has ended.
func (c *cleanings) take(name string) (cleaning, bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	entry, found := c.byName[name]
	if !found || !entry.ended {
		return cleaning{}, false
	}
	delete(c.byName, name)
	return *entry, true
}

// busy tells whether the volume is being cleaned; an outcome nobody waits for is forgotten.
func (c *cleanings) busy(name string) bool {
	if c.running(name) {
		return true
	}
	c.take(name)
	return false
}

// count returns how many cleanings run, have failed, and have succeeded.
func (c *cleanings) count() (running, failed, succeeded int) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, entry := range c.byName {
		switch {
		case !entry.ended:
			running++
		case entry.err != nil:
			failed++
		default:
			succeeded++
		}
	}
	return running, failed, succeeded
}
