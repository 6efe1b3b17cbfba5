// Package dangers collects the calls that somebody with stolen credentials could try, and
// checks that the policies deny each.
package dangers

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/policysim"
	"github.com/ray-iam/custom-rayiam/test/policysim/awscall"
)

// A Danger is a call that somebody could try. AWS denies it if any of its authorizations is
// denied.
type Danger struct {
	Category, Name string
	Role           string // of the caller
	Cases          []policysim.Case
}

// A Catalogue collects dangers.
type Catalogue struct {
	Dangers []Danger

	at   awscall.Place
	role string
}

// New returns an empty catalogue of calls to a place. The role is the caller's.
func New(at awscall.Place, role string) Catalogue { return Catalogue{at: at, role: role} }

// Call adds a call with one fault.
func (c *Catalogue) Call(category, name string, wrong awscall.Call) {
	c.CallAt(c.at, category, name, wrong)
}

// CallAt adds a call to another place.
func (c *Catalogue) CallAt(at awscall.Place, category, name string, wrong awscall.Call) {
	cases, err := at.Authorizations(wrong)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	c.Add(category, wrong.Operation+": "+name, cases...)
}

// One adds a call with a single authorization.
func (c *Catalogue) One(category, name, action, resource string, context awscall.Keys) {
	c.Add(category, action+": "+name, c.at.Authorization(action, resource, context))
}

// Each adds actions on one resource that the caller must not be allowed.
func (c *Catalogue) Each(category, resource string, context awscall.Keys, actions ...string) {
	for _, action := range actions {
		c.One(category, resource[strings.LastIndex(resource, ":")+1:], action, resource, context)
	}
}

// Add adds a call, given its authorizations.
func (c *Catalogue) Add(category, name string, cases ...policysim.Case) {
	c.AddBy(c.role, category, name, cases...)
}

// AddBy adds a call by another role.
func (c *Catalogue) AddBy(role, category, name string, cases ...policysim.Case) {
	c.Dangers = append(c.Dangers, Danger{category, name, role, cases})
}

// By adds a caller and its policies to authorizations.
type By func(role string, cases []policysim.Case) []policysim.Case

// Cases returns the authorizations of the dangers, in their order.
func Cases(all []Danger, by By) []policysim.Case {
	var cases []policysim.Case
	for _, d := range all {
		cases = append(cases, by(d.Role, d.Cases)...)
	}
	return cases
}

// Judge reports for each danger whether AWS allows it: each of its authorizations is
// allowed.
func Judge(t testing.TB, all []Danger, by By) []bool {
	t.Helper()
	decisions := policysim.EvaluateOnce(t, Cases(all, by))
	through := make([]bool, len(all))
	for i, d := range all {
		through[i] = true
		for range d.Cases {
			through[i] = through[i] && decisions[0] == policysim.Allowed
			decisions = decisions[1:]
		}
	}
	return through
}

// Hold fails the test if a danger is allowed, if one is listed twice, or if there are fewer
// than least.
func Hold(t testing.TB, all []Danger, by By, least int) {
	t.Helper()
	seen := map[string]bool{}
	for i, through := range Judge(t, all, by) {
		d := all[i]
		if through {
			t.Errorf("%s: %s is allowed to make a dangerous call, want it denied: %s", d.Category, d.Role, d.Name)
		}
		id := fmt.Sprint(d)
		if seen[id] {
			t.Errorf("%s: a dangerous call of %s is listed twice: %s", d.Category, d.Role, d.Name)
		}
		seen[id] = true
	}
	if len(all) < least {
		t.Errorf("%d dangerous calls, want %d or more", len(all), least)
	}
}
