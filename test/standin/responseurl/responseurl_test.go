package responseurl

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// put delivers body and returns the status; 0 if there was no reply.
func put(t *testing.T, to string, body io.Reader, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPut, to, body)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// TestRefusal checks that S3 accepts an answer as signed, and refuses each thing that S3
// refuses.
func TestRefusal(t *testing.T) {
	for _, tt := range []struct {
		name   string
		age    time.Duration
		change func(*http.Request)
		want   string
	}{
		{"as signed", 0, nil, ""},
		{"a header that is not part of the signature", 0, func(r *http.Request) { r.Header.Set("User-Agent", "x") }, ""},
		{"empty Content-Type", 0, func(r *http.Request) { r.Header["Content-Type"] = []string{""} }, ""},
		{"Content-Type", 0, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, "Content-Type"},
		{"another method", 0, func(r *http.Request) { r.Method = http.MethodPost }, "PUT"},
		{"no length", 0, func(r *http.Request) { r.ContentLength = -1 }, "length"},
		{"key decoded", 0, func(r *http.Request) { r.URL.RawPath = "" }, "signed"},
		{"query in another order", 0, func(r *http.Request) { r.URL.RawQuery = r.URL.Query().Encode() }, "signed"},
		{"no query", 0, func(r *http.Request) { r.URL.RawQuery = "" }, "signed"},
		{"nearly expired", 2*time.Hour - time.Minute, nil, ""},
		{"expired", 2*time.Hour + time.Minute, nil, "expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New()
			defer s.Close()
			to := s.URL(tt.age)
			status := put(t, to, bytes.NewReader([]byte("answer")), tt.change)
			puts := s.Puts(to)
			if tt.name == "key decoded" { // the test server sees another path, so the attempt is not among the URL's
				if status != http.StatusForbidden {
					t.Errorf("status %d, want 403", status)
				}
				return
			}
			if len(puts) != 1 || string(puts[0].Body) != "answer" {
				t.Fatalf("attempts %+v, want one", puts)
			}
			taken := tt.want == ""
			if puts[0].Taken != taken || (status == http.StatusOK) != taken || !strings.Contains(puts[0].Refusal, tt.want) || (puts[0].Refusal == "") != taken {
				t.Errorf("status %d, taken %v, refusal %q, want %q", status, puts[0].Taken, puts[0].Refusal, tt.want)
			}
		})
	}
}

// TestScript proves that scripted replies come in their order and end, and that attempts at
// different URLs are kept apart.
func TestScript(t *testing.T) {
	s := New()
	defer s.Close()
	to, other := s.URL(0), s.URL(0)
	s.Script(Status(503), CutOff, Hang)
	var got []int
	for range 4 {
		got = append(got, put(t, to, strings.NewReader("{}"), nil))
	}
	if want := []int{503, 0, 0, 200}; got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("statuses %v, want %v", got, want)
	}
	puts := s.Puts(to)
	if len(puts) != 4 || puts[0].Taken || puts[2].Taken || !puts[3].Taken || len(s.Puts(other)) != 0 {
		t.Errorf("attempts %+v, want four, the last one accepted", puts)
	}
	s.Close()
	if status := put(t, to, strings.NewReader("{}"), nil); status != 0 {
		t.Errorf("status %d after Close, want a refused connection", status)
	}
}

// TestURL proves that a URL says when it was signed, and for how long it is valid.
func TestURL(t *testing.T) {
	s := New()
	defer s.Close()
	before := time.Now().Truncate(time.Second)
	u, err := url.Parse(s.URL(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := time.Parse("20060102T150405Z", u.Query().Get("X-Amz-Date"))
	if err != nil || signed.Before(before.Add(-time.Hour)) || signed.After(time.Now().Add(-time.Hour)) || u.Query().Get("X-Amz-Expires") != "7200" {
		t.Errorf("signed at %s (error: %v) by the URL %s, want an hour ago, valid for 7200 seconds", signed, err, u)
	}
	if !strings.Contains(u.String(), Secret) {
		t.Errorf("the URL %s does not contain the secret %s", u, Secret)
	}
}

// TestURLVersion2 proves that such a URL says until when it is valid, that S3 accepts it
// until then, and that it contains the secret for which tests search logs.
func TestURLVersion2(t *testing.T) {
	s := New()
	defer s.Close()
	for age, want := range map[time.Duration]int{time.Hour: http.StatusOK, 2*time.Hour + time.Minute: http.StatusForbidden} {
		to := s.URLVersion2(age)
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		end, err := strconv.ParseInt(u.Query().Get("Expires"), 10, 64)
		if left := time.Until(time.Unix(end, 0)); err != nil || left > 2*time.Hour-age || left < 2*time.Hour-age-time.Minute {
			t.Errorf("signed %s ago, the URL says that it is valid for %s more (error: %v): %s", age, left, err, u)
		}
		if got := put(t, to, strings.NewReader("{}"), nil); got != want || !strings.Contains(to, Secret) {
			t.Errorf("signed %s ago, the reply is %d, want %d: %s", age, got, want, to)
		}
	}
}
