package rig

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// Play runs a part of a test, or something that is none, and returns what it failed
// with: nothing where all went well.
func Play(do func(testing.TB)) (faults []string) {
	p := &play{}
	for _, part := range []func(){func() { do(p) }, p.cleanUp} {
		done := make(chan bool)
		go func() { // which Fatal ends
			defer close(done)
			part()
		}()
		<-done
	}
	return p.faults
}

// A play is the testing.TB of one Play.
type play struct {
	testing.TB // nil: what a part of a test does not need
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
