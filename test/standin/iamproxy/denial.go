package iamproxy

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// An emulator evaluates no conditions. The faults in this file deny the calls that IAM
// would deny because of the conditions on tags in the execution role's policies, or because
// a call comes too early.

// Implicit are IAM's words for a denial because no statement allows the call.
const Implicit = "because no identity-based policy allows the action"

// Explicit are IAM's words for a denial by a service control policy.
const Explicit = "with an explicit deny in a service control policy"

// DeniedWith answers that the caller is not authorized, with these words for the reason.
func DeniedWith(words string) Effect {
	return Effect{Instead: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(denial(words)) // the caller may be gone, if a test has ended it
	}}
}

func denial(words string) []byte {
	return fmt.Appendf(nil, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:sts::123456789012:assumed-role/ray-iam/ray-iam is not authorized to perform this %s</Message></Error><RequestId>injected</RequestId></ErrorResponse>", words)
}

// LateRights denies every call until delay has passed since the first one, as IAM does
// while the policy of a new role is not in effect yet.
func LateRights(delay time.Duration) Fault {
	var first time.Time
	return func(Call) Effect {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) < delay {
			return DeniedWith(Implicit)
		}
		return Effect{}
	}
}

// LateTags denies writes that are conditioned on the tags of a role or profile, or that pass a
// role, until delay has passed since the role or profile was made or tagged. With readers above
// 1, it denies only one call in so many, as if one of several readers of IAM were behind.
func LateTags(delay time.Duration, readers int) Fault {
	tagged := map[string]time.Time{}
	seen := 0
	return func(c Call) Effect {
		switch c.Action {
		case "CreateRole", "CreateInstanceProfile", "TagRole", "TagInstanceProfile":
			if _, known := tagged[c.subjects()[0]]; !known {
				tagged[c.subjects()[0]] = time.Now()
			}
			return Effect{}
		}
		late := func(subject string) bool { return time.Since(tagged[subject]) < delay }
		if c.conditioned() && slices.ContainsFunc(c.subjects(), late) {
			if seen++; seen%readers == 0 {
				return DeniedWith(Implicit)
			}
		}
		if c.Action == "DeleteRole" || c.Action == "DeleteInstanceProfile" {
			delete(tagged, c.subjects()[0]) // it may be made again
		}
		return Effect{}
	}
}

// conditioned reports whether the execution role allows the call only by the tags of an
// existing role or profile.
func (c Call) conditioned() bool {
	return c.Writes() && !strings.HasPrefix(c.Action, "Create")
}

// subjects names the role or profile whose tags the condition is about and, if the call passes
// a role, that role.
func (c Call) subjects() []string {
	role, profile := "role "+c.Form.Get("RoleName"), "profile "+c.Form.Get("InstanceProfileName")
	switch {
	case c.Form.Get("InstanceProfileName") == "":
		return []string{role}
	case c.Action == "AddRoleToInstanceProfile":
		return []string{profile, role}
	}
	return []string{profile}
}

// absent reports whether IAM has no such role or profile. It asks IAM directly.
func (p *Proxy) absent(r *http.Request, c Call) bool {
	for _, subject := range c.subjects() {
		kind, name, _ := strings.Cut(subject, " ")
		form := url.Values{"Version": {"2010-05-08"}, "Action": {"GetRole"}, "RoleName": {name}}
		if kind == "profile" {
			form = url.Values{"Version": {"2010-05-08"}, "Action": {"GetInstanceProfile"}, "InstanceProfileName": {name}}
		}
		if answer, err := p.forward(r, []byte(form.Encode())); err == nil && errorCode(answer.body) == "NoSuchEntity" {
			return true
		}
	}
	return false
}

// judged returns IAM's answer as it is under the execution role. IAM has neither tags nor path
// of a role or profile that does not exist. So it denies a write that is conditioned on tags,
// or that passes the role, while the emulator answers NoSuchEntity.
// https://github.com/aws/karpenter-provider-aws/issues/2100
func (p *Proxy) judged(r *http.Request, c Call, answer response) response {
	if c.conditioned() && errorCode(answer.body) == "NoSuchEntity" && p.absent(r, c) {
		return response{http.StatusForbidden, denial(Implicit)}
	}
	return answer
}
