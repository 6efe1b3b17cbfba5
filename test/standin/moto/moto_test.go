package moto

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain starts a server and waits if this variable is set. TestStart_ParentKilled runs
// it as a process.
func TestMain(m *testing.M) {
	if os.Getenv("START_AND_WAIT") != "" {
		s, err := Start()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.URL)
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// gone waits until a server does not listen any more.
func gone(address string) bool {
	for range 100 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			return true
		}
		conn.Close()
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// TestStart proves that servers are independent of each other, and end at Stop.
func TestStart(t *testing.T) {
	var urls []string
	for range 2 {
		s, err := Start()
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		defer func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if !gone(s.URL) {
				t.Errorf("%s listens after Stop", s.URL)
			}
		}()
		urls = append(urls, s.URL)
	}
	if urls[0] == urls[1] || !strings.HasPrefix(urls[0], "http://127.0.0.1:") {
		t.Errorf("servers at %v, want two on 127.0.0.1", urls)
	}
}

// TestStart_ParentKilled proves that a test that is killed leaves no server behind.
func TestStart_ParentKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("only Linux ends a server with the process that started it")
		return
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "START_AND_WAIT=1")
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://") {
		t.Fatalf("the process said %q (%v), want a URL", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // killed
	if address := strings.TrimSpace(line); !gone(address) {
		t.Errorf("%s still listens after the process that started it was killed", address)
	}
}

// TestAccounts proves that each account has AWS's managed policies, and counts only its own
// attachments of them.
func TestAccounts(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	const one, another, policy = "123456789012", "123456789013", "arn:aws:iam::aws:policy/AmazonS3FullAccess"
	s.call(t, one, url.Values{"Action": {"CreateRole"}, "RoleName": {"r"}, "AssumeRolePolicyDocument": {trust}})
	s.call(t, one, url.Values{"Action": {"AttachRolePolicy"}, "RoleName": {"r"}, "PolicyArn": {policy}})
	for account, want := range map[string]string{one: "1", another: "0"} {
		if got := s.call(t, account, url.Values{"Action": {"GetPolicy"}, "PolicyArn": {policy}}); !strings.Contains(got, "<AttachmentCount>"+want+"</AttachmentCount>") {
			t.Errorf("account %s: want %s attachments in\n%s", account, want, got)
		}
	}
}

// trust is a role's trust policy, with characters that XML must escape.
const trust = `{"Version":"2012-10-17","Statement":[{"Sid":"<&>","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// particular matches what may differ between two equal answers: ids, dates and accounts.
var particular = regexp.MustCompile(`<(RequestId|RoleId|InstanceProfileId|CreateDate)>[^<]*<|arn:aws:iam::\d+:`)

// TestIAM_AsRouted proves that a call which goes straight to moto's IAM gets the same
// answer as a call that moto routes there itself. moto routes a call whose signature spells
// the service in another case.
func TestIAM_AsRouted(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	const policy = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
	for _, form := range []url.Values{
		{"Action": {"GetRole"}, "RoleName": {"r"}},
		{"Action": {"CreateRole"}, "RoleName": {"r"}, "Path": {"/a/"}, "AssumeRolePolicyDocument": {trust}, "Tags.member.1.Key": {"k"}, "Tags.member.1.Value": {"é \"<"}},
		{"Action": {"CreateRole"}, "RoleName": {"r"}, "AssumeRolePolicyDocument": {trust}},
		{"Action": {"AttachRolePolicy"}, "RoleName": {"r"}, "PolicyArn": {policy}},
		{"Action": {"PutRolePolicy"}, "RoleName": {"r"}, "PolicyName": {"p"}, "PolicyDocument": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`}},
		{"Action": {"PutRolePolicy"}, "RoleName": {"r"}, "PolicyName": {"p"}, "PolicyDocument": {"{"}},
		{"Action": {"CreateInstanceProfile"}, "InstanceProfileName": {"r"}, "Tags.member.1.Key": {"k"}, "Tags.member.1.Value": {""}},
		{"Action": {"AddRoleToInstanceProfile"}, "InstanceProfileName": {"r"}, "RoleName": {"r"}},
		{"Action": {"GetRole"}, "RoleName": {"r"}},
		{"Action": {"GetRolePolicy"}, "RoleName": {"r"}, "PolicyName": {"p"}},
		{"Action": {"ListAttachedRolePolicies"}, "RoleName": {"r"}},
		{"Action": {"ListRolePolicies"}, "RoleName": {"r"}},
		{"Action": {"GetInstanceProfile"}, "InstanceProfileName": {"r"}},
		{"Action": {"ListInstanceProfilesForRole"}, "RoleName": {"r"}},
		{"Action": {"GetAccountAuthorizationDetails"}, "Filter.member.1": {"Role"}},
		{"Action": {"GetPolicy"}, "PolicyArn": {policy}},
		{"Action": {"DeleteRole"}, "RoleName": {"r"}},
		{"Action": {"UntagRole"}, "RoleName": {"r"}, "TagKeys.member.1": {"k"}},
		{"Action": {"DetachRolePolicy"}, "RoleName": {"r"}, "PolicyArn": {policy}},
		{"Action": {"DetachRolePolicy"}, "RoleName": {"r"}, "PolicyArn": {policy}},
	} {
		status, got := s.answer(t, "123456789012", "iam", form)
		wantStatus, want := s.answer(t, "123456789013", "IAM", form)
		if got, want := particular.ReplaceAllString(got, ""), particular.ReplaceAllString(want, ""); status != wantStatus || got != want {
			t.Errorf("%s: status %d\n%s\nwant the answer that moto routes, status %d\n%s", form.Get("Action"), status, got, wantStatus, want)
		}
	}
}

// call makes a call of IAM's query API in an account, and fails the test unless the call
// succeeds.
func (s *Server) call(t *testing.T, account string, form url.Values) string {
	t.Helper()
	status, body := s.answer(t, account, "iam", form)
	if status != http.StatusOK {
		t.Fatalf("%s in account %s: status %d\n%s", form.Get("Action"), account, status, body)
	}
	return body
}

// answer makes a call of IAM's query API in an account, signed for a service, and returns
// the answer.
func (s *Server) answer(t *testing.T, account, service string, form url.Values) (status int, body string) {
	t.Helper()
	form.Set("Version", "2010-05-08")
	req, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(AccountHeader, account)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/"+service+"/aws4_request")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
