package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMetadataRules proves that the rules for the instance metadata service accept root and
// the user of the cluster's YAML that runs Ray, and refuse both of the service's addresses
// to all others on the machine. It reads the file, because the tests have no nft.
func TestMetadataRules(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "examples/ray/metadata.nft"))
	if err != nil {
		t.Fatal(err)
	}
	user := readCluster(t).Auth["ssh_user"].(string)
	chain, rules := "", map[string][]string{}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "chain "); ok {
			chain = strings.TrimSuffix(name, " {")
		}
		if chain != "" && strings.Contains(line, "daddr") {
			rules[chain] = append(rules[chain], line)
		}
	}
	for _, address := range []string{"ip daddr 169.254.169.254", "ip6 daddr fd00:ec2::254"} {
		for chain, want := range map[string]string{
			"output":  address + " meta skuid != { root, " + user + " } counter reject",
			"forward": address + " counter reject",
		} {
			if !slices.Contains(rules[chain], want) {
				t.Errorf("the chain %s does not have %q, but %q", chain, want, rules[chain])
			}
		}
	}
	if hooks := regexp.MustCompile(`type filter hook (\w+) priority filter; policy accept;`).FindAllStringSubmatch(string(content), -1); len(hooks) != 2 || hooks[0][1] != "output" || hooks[1][1] != "forward" {
		t.Errorf("hooks are %v, want output and forward", hooks)
	}
}
