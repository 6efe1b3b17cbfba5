// Package responseurl plays the far end of CloudFormation's presigned response
// URLs: it takes answers as S3 does, and misbehaves as a test says.
package responseurl

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// validity is what CloudFormation signs its URLs for.
const validity = 7200 * time.Second

// A Put is one attempt at delivering an answer.
type Put struct {
	Body   []byte
	Header http.Header
	Taken  bool // answered with 200
	At     time.Time
}

// A Server hands out URLs and keeps what is put to them.
type Server struct {
	server *httptest.Server

	mu      sync.Mutex
	count   int
	puts    map[string][]Put
	replies []http.HandlerFunc
}

// New starts a server on a free port of 127.0.0.1.
func New() *Server {
	s := &Server{puts: map[string][]Put{}}
	s.server = httptest.NewServer(s)
	return s
}

// Close ends the server.
func (s *Server) Close() {
	s.server.CloseClientConnections()
	s.server.Close()
}

// Secret is in every URL, so that a test can look for URLs where none may be.
const Secret = "X-Amz-Signature=5ec4e7"

// URL returns a new URL, signed age ago.
func (s *Server) URL(age time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return fmt.Sprintf("%s/answer/%d?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=%s&X-Amz-Expires=%d&%s",
		s.server.URL, s.count, time.Now().Add(-age).UTC().Format("20060102T150405Z"), int(validity.Seconds()), Secret)
}

// Script has the next attempts at delivery answered by these handlers in turn,
// before the server takes answers again.
func (s *Server) Script(replies ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies = replies
}

// Puts returns the attempts at delivering to url.
func (s *Server) Puts(url string) []Put {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Put(nil), s.puts[path(url)]...)
}

func path(url string) string {
	_, after, _ := strings.Cut(url, "/answer/")
	id, _, _ := strings.Cut(after, "?")
	return "/answer/" + id
}

// ServeHTTP takes an answer: one PUT whose Content-Type is empty, as it was signed.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	var reply http.HandlerFunc
	if len(s.replies) > 0 {
		reply, s.replies = s.replies[0], s.replies[1:]
	}
	taken := reply == nil && r.Method == http.MethodPut && r.Header.Get("Content-Type") == "" && len(r.TransferEncoding) == 0
	s.puts[r.URL.Path] = append(s.puts[r.URL.Path], Put{Body: body, Header: r.Header, Taken: taken, At: time.Now()})
	s.mu.Unlock()
	switch {
	case reply != nil:
		reply(w, r)
	case !taken:
		w.WriteHeader(http.StatusForbidden)
	}
}

// Status answers an attempt with a status and does not take it.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// CutOff drops the connection in place of an answer.
func CutOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Hang answers nothing until the function gives up.
func Hang(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}
