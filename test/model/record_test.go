package model

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ray-iam/custom-rayiam/internal/policydoc"
)

// record returns the value of the tag ray-iam:declared for a role or profile with these
// declared facts, as the reference describes it. It is written out here, independently of
// the function's code.
func record(entity string, f facts) string {
	documents := func(prefix string) (texts []string) {
		for _, key := range slices.Sorted(maps.Keys(f)) {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				canonical, err := policydoc.Canonical(f[key])
				if err != nil {
					panic(err)
				}
				texts = append(texts, name, canonical)
			}
		}
		return texts
	}
	names := func(prefix string) (texts []string) {
		for key := range f {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				texts = append(texts, name)
			}
		}
		slices.Sort(texts)
		return texts
	}
	tags := []string{}
	for _, key := range names("tag ") {
		if key != "ray-iam:declared" && !strings.HasPrefix(key, "aws:") {
			tags = append(tags, key, f["tag "+key])
		}
	}
	if strings.HasPrefix(entity, "profile ") {
		return "v1/tags=" + sum(tags) + "/profile=" + sum(names("holds "))
	}
	attached := names("attached ")
	for i, arn := range attached {
		attached[i] = strings.ToLower(arn)
	}
	slices.Sort(attached)
	return "v1/trust=" + sum(documents("trusts")[1:]) + "/boundary=" + sum([]string{strings.ToLower(f["boundary"])}) +
		"/managed=" + sum(attached) + "/inline=" + sum(documents("inline ")) + "/tags=" + sum(tags)
}

func sum(texts []string) string {
	all := ""
	for _, text := range texts {
		all += text + "\x00"
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(all)))[:12]
}
