package moto

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain is a process that starts a server and waits where this variable is set.
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
	code := m.Run()
	StopShared()
	os.Exit(code)
}

// gone waits for a server to stop listening.
func gone(url string) bool {
	for range 100 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return true
		}
		conn.Close()
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// TestStart holds that servers are apart from each other, and gone when stopped.
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

// TestStart_ParentKilled holds that a test that is killed leaves no server behind.
func TestStart_ParentKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("only Linux can promise this")
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
	if url := strings.TrimSpace(line); !gone(url) {
		t.Errorf("%s listens after the death of who started it", url)
	}
}

// TestShared holds that accounts are handed out once at a time and have AWS's
// managed policies.
func TestShared(t *testing.T) {
	pool, err := Shared()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Shared()
	if err != nil || again != pool {
		t.Errorf("a second pool in one process (%v)", err)
	}
	a, b := pool.Take(), pool.Take()
	if a == b {
		t.Errorf("account %s is handed out twice", a)
	}
	start := time.Now()
	if err := pool.server.warm(a); err != nil || time.Since(start) > time.Second {
		t.Errorf("a managed policy takes %s in account %s: %v", time.Since(start), a, err)
	}
	pool.Return(a)
	pool.Return(b)
}
