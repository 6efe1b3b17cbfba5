package rayiam

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// A Facet is one part of a role or an instance profile that a template declares.
type Facet string

// The facets of roles and instance profiles. Both have TagsFacet.
const (
	TrustFacet    Facet = "trust"    // the trust policy
	BoundaryFacet Facet = "boundary" // the permissions boundary
	ManagedFacet  Facet = "managed"  // which managed policies are attached, but not their documents
	InlineFacet   Facet = "inline"   // names and documents of the inline policies
	TagsFacet     Facet = "tags"     // all tags but DeclaredTag and AWS's own tags
	ProfileFacet  Facet = "profile"  // which roles the instance profile contains
)

var (
	roleFacets    = []Facet{TrustFacet, BoundaryFacet, ManagedFacet, InlineFacet, TagsFacet}
	profileFacets = []Facet{TagsFacet, ProfileFacet}
)

// digestsForm is the first word of the text of digests. A later form begins with another word.
const digestsForm = "v1"

const digestDigits = 12

// Digests are short digests of a role or an instance profile, one for each of its facets. They
// leave out values that the template does not declare, and values that IAM alone decides. So
// the digests of a declared state and of the observed state are equal exactly if there is
// nothing to write.
//
// They show that somebody has changed something. They are not a signature: whoever can change a
// role can usually change its tags, too.
type Digests struct {
	facets []Facet
	of     map[Facet]string
}

// Digests returns the digests of a role. All documents of its inline policies must have been
// read.
func (r Role) Digests() Digests {
	var inline []string
	for _, name := range sortedKeys(r.InlinePolicies) {
		inline = append(inline, name, canonical(r.InlinePolicies[name]))
	}
	var managed []string
	for _, arn := range r.ManagedPolicyARNs {
		managed = append(managed, strings.ToLower(arn))
	}
	return Digests{roleFacets, map[Facet]string{
		TrustFacet:    digest(canonical(r.TrustPolicy)),
		BoundaryFacet: digest(strings.ToLower(r.PermissionsBoundary)),
		ManagedFacet:  digest(unique(managed)...),
		InlineFacet:   digest(inline...),
		TagsFacet:     tagsDigest(r.Tags),
	}}
}

// WithPolicies returns d, the digests of a role whose policies were not read, with the digests
// of these policies.
func (d Digests) WithPolicies(managed []string, inline map[string]string) Digests {
	policies := Role{ManagedPolicyARNs: managed, InlinePolicies: inline}.Digests().of
	of := maps.Clone(d.of)
	of[ManagedFacet], of[InlineFacet] = policies[ManagedFacet], policies[InlineFacet]
	return Digests{d.facets, of}
}

// Digests returns the digests of an instance profile.
func (p InstanceProfile) Digests() Digests {
	return Digests{profileFacets, map[Facet]string{
		TagsFacet:    tagsDigest(p.Tags),
		ProfileFacet: digest(sorted(p.Roles)...),
	}}
}

func tagsDigest(tags map[string]string) string {
	var texts []string
	for _, key := range sortedKeys(tags) {
		if key != DeclaredTag && !awsTag(key) {
			texts = append(texts, key, tags[key])
		}
	}
	return digest(texts...)
}

// canonical returns the same text for equal documents. Text that is not JSON is returned
// unchanged.
func canonical(document string) string {
	text, err := policydoc.Canonical(document)
	if err != nil {
		return document
	}
	return text
}

// digest returns 12 hex digits of a SHA-256 over a list of texts.
func digest(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		hash.Write([]byte(text)) // never returns an error
		hash.Write([]byte{0})
	}
	return hex.EncodeToString(hash.Sum(nil)[:digestDigits/2])
}

// String is the value of DeclaredTag: v1/trust=0123456789ab/boundary=.../..., of at most 256
// characters that IAM allows in a tag.
func (d Digests) String() string {
	var text strings.Builder
	text.WriteString(digestsForm)
	for _, facet := range d.facets {
		text.WriteString("/" + string(facet) + "=" + d.of[facet])
	}
	return text.String()
}

// Differing returns the facets in which d differs from a value of DeclaredTag. It returns
// false if the text is not a value of DeclaredTag, or has another version's form.
func (d Digests) Differing(declared string) ([]Facet, bool) {
	parts := strings.Split(declared, "/")
	if parts[0] != digestsForm || len(parts)-1 != len(d.facets) {
		return nil, false
	}
	var differing []Facet
	for i, facet := range d.facets {
		name, value, _ := strings.Cut(parts[i+1], "=")
		if name != string(facet) || !isDigest(value) {
			return nil, false
		}
		if value != d.of[facet] {
			differing = append(differing, facet)
		}
	}
	return differing, true
}

func isDigest(text string) bool {
	return len(text) == digestDigits && strings.Trim(text, "0123456789abcdef") == ""
}

// OnlyRecords reports whether the plan changes only values of DeclaredTag.
func (p Plan) OnlyRecords() bool {
	for _, step := range slices.Concat(p.Phases...) {
		if _, records := step.Tags[DeclaredTag]; !records || len(step.Tags) > 1 || step.Call != TagRole && step.Call != TagInstanceProfile {
			return false
		}
	}
	return true
}
