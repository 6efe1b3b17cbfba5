package rig

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// Play runs a part of a test, or code outside of any test, and returns the messages with
// which it failed: none if it passed.
func Play(do func(testing.TB)) (faults []string) {
	p := &play{}
	for _, part := range []func(){func() { do(p) }, p.cleanUp} {
		done := make(chan bool)
		go func() { // a goroutine of its own, which Fatal ends
			defer close(done)
			part()
		}()
		<-done
	}
	return p.faults
}

// A play is the testing.TB of one call of Play.
type play struct {
	testing.TB // nil: methods that a part of a test does not need panic
	faults     []string
	cleanUps   []func()
}

func (p *play) Helper()                           {}
func (p *play) Error(args ...any)                 { p.faults = append(p.faults, fmt.Sprint(args...)) }
func (p *play) Errorf(format string, args ...any) { p.Error(fmt.Sprintf(format, args...)) }
func (p *play) Fatal(args ...any)                 { p.Error(args...); runtime.Goexit() }
func (p *play) Fatalf(format string, args ...any) { p.Errorf(format, args...); runtime.Goexit() }
func (p *play) Cleanup(f func())                  { p.cleanUps = append(p.cleanUps, f) }

func (p *play) cleanUp() {
	slices.Reverse(p.cleanUps)
	for _, f := range p.cleanUps {
		f()
	}
}
