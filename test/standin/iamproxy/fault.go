package iamproxy

import (
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// A Fault decides what happens to a call. The zero Effect lets the call pass. A proxy asks
// a Fault about one call at a time.
type Fault func(Call) Effect

// An Effect is what happens to one call. Before runs before the call reaches IAM, Instead
// runs in place of the call, and After runs after IAM has answered. With replaces
// parameters of the call, and Rewritten changes IAM's answer.
type Effect struct {
	With      map[string]string
	Before    func()
	Instead   http.HandlerFunc
	After     http.HandlerFunc
	Rewritten func([]byte) []byte
}

// On applies effect to the calls that match.
func On(match func(Call) bool, effect Effect) Fault {
	return func(c Call) Effect {
		if match(c) {
			return effect
		}
		return Effect{}
	}
}

// Nth matches the n-th call.
func Nth(n int) func(Call) bool { return func(c Call) bool { return c.N == n } }

// Action matches the calls of one action.
func Action(name string) func(Call) bool { return func(c Call) bool { return c.Action == name } }

// Every matches all calls.
func Every(Call) bool { return true }

// Same matches the n-th call and its repetitions: the calls of the same action with the
// same arguments.
func Same(n int) func(Call) bool {
	form := ""
	return func(c Call) bool {
		if c.N == n {
			form = c.Form.Encode()
		}
		return form != "" && c.Form.Encode() == form
	}
}

// Times limits match to its first n matching calls.
func Times(n int, match func(Call) bool) func(Call) bool {
	return func(c Call) bool {
		if !match(c) {
			return false
		}
		n--
		return n >= 0
	}
}

// Denied answers that the caller is not authorized.
func Denied() Effect { return Answer(http.StatusForbidden, "AccessDenied") }

// Answer answers an error of IAM's instead of making the call.
func Answer(status int, code string) Effect {
	return Effect{Instead: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>injected by the test</Message></Error><RequestId>injected</RequestId></ErrorResponse>", code)
	}}
}

// DropBefore closes the connection before the call reaches IAM.
func DropBefore() Effect { return Effect{Instead: drop} }

// DropAfter closes the connection after IAM has made the call, and before the answer.
func DropAfter() Effect { return Effect{After: drop} }

// Hang neither makes the call nor answers, until the caller gives up.
func Hang() Effect {
	return Effect{Instead: func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}}
}

// Then runs do, for example to kill a process, and closes the connection.
func Then(before bool, do func()) Effect {
	handler := func(w http.ResponseWriter, r *http.Request) {
		do()
		drop(w, r)
	}
	if before {
		return Effect{Instead: handler}
	}
	return Effect{After: handler}
}

func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

var creationDate = regexp.MustCompile(`<CreateDate>[^<]*</CreateDate>`)

// Aged moves every creation date in IAM's answer this far into the past.
func Aged(age time.Duration) Effect {
	date := []byte("<CreateDate>" + time.Now().Add(-age).UTC().Format(time.RFC3339) + "</CreateDate>")
	return Effect{Rewritten: func(body []byte) []byte { return creationDate.ReplaceAllLiteral(body, date) }}
}

// Lag hides new roles and instance profiles: until delay has passed since the creation,
// other calls that name one are answered with NoSuchEntity. With readers above 1, only one
// call in so many is, as if one of several readers of IAM were behind.
func Lag(delay time.Duration, readers int) Fault {
	created := map[string]time.Time{}
	seen := 0
	return func(c Call) Effect {
		switch c.Action {
		case "CreateRole":
			created["role "+c.Form.Get("RoleName")] = time.Now()
			return Effect{}
		case "CreateInstanceProfile":
			created["profile "+c.Form.Get("InstanceProfileName")] = time.Now()
			return Effect{}
		}
		for _, name := range []string{"role " + c.Form.Get("RoleName"), "profile " + c.Form.Get("InstanceProfileName")} {
			if at, ok := created[name]; ok && time.Since(at) < delay {
				if seen++; seen%readers == 0 {
					return Answer(http.StatusNotFound, "NoSuchEntity")
				}
			}
		}
		return Effect{}
	}
}
