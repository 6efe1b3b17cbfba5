package acceptance

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ray-iam/custom-rayiam/test/rig"
	"github.com/ray-iam/custom-rayiam/test/rig/checkout"
)

// tightened are the only lines that may differ between the snapshots of the recipe (-) and
// of the function (+). Those of rig.BeyondRecipe are added to them.
var tightened = append([]string{
	`- role ray-head: trusts {"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}],"Version":"2008-10-17"}`,
	`- role ray-worker: trusts {"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}],"Version":"2008-10-17"}`,
	`+ role ray-head: ` + trustsEC2,
	`+ role ray-worker: ` + trustsEC2,
	`- role ray-head: inline ray-pass-role-policy {"Statement":[{"Action":"iam:PassRole","Effect":"Allow","Resource":"arn:aws:iam::*:role/ray-worker"}],"Version":"2012-10-17"}`,
	`+ role ray-head: inline ray-pass-role-policy {"Statement":[{"Action":"iam:PassRole","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}},"Effect":"Allow","Resource":"arn:aws:iam::ACCOUNT:role/ray-worker"}],"Version":"2012-10-17"}`,
}, attachedBeyondRecipe()...)

func attachedBeyondRecipe() (lines []string) {
	for role, names := range rig.BeyondRecipe {
		for _, name := range names {
			lines = append(lines, "+ role "+role+": attached "+awsPolicy+name)
		}
	}
	return lines
}

// TestRecipe proves that the recipe, run with the real AWS CLI, and a resource with default
// properties lead to the same state, except for the lines in tightened and the owner tags.
// Reference 1.7.
func TestRecipe(t *testing.T) {
	l := newLab(t)
	l.awsIAM(rig.Recipe)
	byHand := l.Snapshot()
	l.Wipe()
	l.created(quick)
	ours := l.Snapshot().Without(": tag ray-iam:")
	diff := strings.ReplaceAll(rig.Diff(byHand, ours), l.AccountID, "ACCOUNT")
	for _, want := range tightened {
		if !strings.Contains(diff, want+"\n") {
			t.Errorf("the snapshots do not differ in a line of tightened: %s", want)
		}
		diff = strings.Replace(diff, want+"\n", "", 1)
	}
	if diff != "" {
		t.Errorf("the snapshots also differ in\n%s", diff)
	}
}

// cli is a Python program that runs commands with the real AWS CLI, all in one process: the
// CLI takes a second to start.
const cli = `
import json, sys
from awscli.clidriver import create_clidriver
for command in json.load(sys.stdin):
    code = create_clidriver().main(["iam"] + command)
    if code:
        sys.exit("aws iam %s: exit %s" % (" ".join(command), code))
`

// awsIAM runs commands of the real AWS CLI in the lab's account.
func (l *lab) awsIAM(commands [][]string) {
	l.TB.Helper()
	python, err := checkout.Python()
	if err != nil {
		l.TB.Fatal(err)
	}
	input, err := json.Marshal(commands)
	if err != nil {
		l.TB.Fatal(err)
	}
	cmd := exec.Command(python, "-c", cli)
	cmd.Stdin = bytes.NewReader(input)
	none := filepath.Join(l.TB.TempDir(), "none")
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+l.Proxy.URL, "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_EC2_METADATA_DISABLED=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		l.TB.Fatalf("%v\n%s", err, out)
	}
}
