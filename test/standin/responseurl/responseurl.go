// Package responseurl acts as S3 behind CloudFormation's presigned response URLs: it
// accepts answers as S3 does, and fails in the ways that a test asks for.
package responseurl

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"
)

// validity is how long CloudFormation's URLs are valid.
const validity = 7200 * time.Second

// A Put is one attempt at delivering an answer.
type Put struct {
	Body    []byte
	Header  http.Header
	Taken   bool   // the server replied 200
	Refusal string // why S3 would refuse the attempt; empty if it would not
}

// A Server hands out URLs and records the attempts at delivery.
type Server struct {
	server *httptest.Server

	mu      sync.Mutex
	signed  map[string]signature // by the URL's path, as in puts
	puts    map[string][]Put
	replies []http.HandlerFunc
}

// A signature is what the server remembers of a presigned URL.
type signature struct {
	query   string
	expires time.Time
}

// New starts a server on a free port of 127.0.0.1.
func New() *Server {
	s := &Server{signed: map[string]signature{}, puts: map[string][]Put{}}
	s.server = httptest.NewServer(s)
	return s
}

// Close ends the server. From then on its URLs refuse connections.
func (s *Server) Close() {
	s.server.CloseClientConnections()
	s.server.Close()
}

// Secret is a part of every URL, so that a test can search logs for URLs.
const Secret = "Signature=5ec4e7"

// URL returns a new URL, signed age ago by Signature Version 4. As in CloudFormation's
// URLs, the key is percent-encoded, and the query has a slash and a signature. A client
// that parses the URL and writes it in another way is refused.
func (s *Server) URL(age time.Duration) string {
	at := time.Now().Add(-age).UTC()
	return s.sign(at, fmt.Sprintf("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=%s&X-Amz-SignedHeaders=host&X-Amz-Expires=%d&X-Amz-Credential=AKIAEXAMPLE%%2F%s%%2Fus-east-1%%2Fs3%%2Faws4_request&X-Amz-%s",
		at.Format("20060102T150405Z"), int(validity.Seconds()), at.Format("20060102"), Secret))
}

// URLVersion2 returns a new URL, signed age ago by Signature Version 2. Such a URL says
// when it expires, and not when it was signed.
func (s *Server) URLVersion2(age time.Duration) string {
	at := time.Now().Add(-age).UTC()
	return s.sign(at, fmt.Sprintf("AWSAccessKeyId=AKIAEXAMPLE&Expires=%d&%s%%3D", at.Add(validity).Unix(), Secret))
}

// sign returns a new URL with a query, signed at a time.
func (s *Server) sign(at time.Time, query string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.signed) + 1
	key := fmt.Sprintf("arn:aws:cloudformation:us-east-1:123456789012:stack/answer/%d|RayIAM|%d", n, n)
	path := "/" + strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
	s.signed[path] = signature{query: query, expires: at.Add(validity)}
	return s.server.URL + path + "?" + query
}

// Script makes these handlers reply to the next attempts at delivery, one handler to each.
// Later attempts are accepted again.
func (s *Server) Script(replies ...http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies = replies
}

// Puts returns the attempts at delivering to a URL of this server.
func (s *Server) Puts(to string) []Put {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, _, _ := strings.Cut(strings.TrimPrefix(to, s.server.URL), "?")
	return append([]Put(nil), s.puts[path]...)
}

// AllPuts returns the number of attempts at delivery to all URLs.
func (s *Server) AllPuts() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, puts := range s.puts {
		n += len(puts)
	}
	return n
}

// ServeHTTP accepts an answer, or refuses it with S3's 403.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	s.mu.Lock()
	var reply http.HandlerFunc
	if len(s.replies) > 0 {
		reply, s.replies = s.replies[0], s.replies[1:]
	}
	put := Put{Body: body, Header: r.Header, Refusal: s.refusal(path, r)}
	put.Taken = reply == nil && put.Refusal == ""
	s.puts[path] = append(s.puts[path], put)
	s.mu.Unlock()
	switch {
	case reply != nil:
		reply(w, r)
	case put.Refusal != "":
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", put.Refusal)
	}
}

// refusal returns why S3 refuses a request to a URL that the server signed: a Content-Type
// that is not empty, an unknown length, or another difference from the signed request.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/PresignedUrlUploadObject.html
func (s *Server) refusal(path string, r *http.Request) string {
	signed, known := s.signed[path]
	switch {
	case !known || r.RequestURI != path+"?"+signed.query:
		return "the URL is not as it was signed"
	case r.Method != http.MethodPut:
		return "the URL was signed for a PUT"
	case r.Header.Get("Content-Type") != "":
		return "the URL was signed for an empty Content-Type"
	case len(r.TransferEncoding) > 0:
		return "the length of the body is not given"
	case time.Now().After(signed.expires):
		return "Request has expired"
	}
	return ""
}

// Status replies with a status and does not accept the answer.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// CutOff closes the connection instead of replying.
func CutOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Hang does not reply until the function gives up.
func Hang(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}
