package ministack

import (
	"errors"
	"net"
	"testing"
)

// TestStart_PortTaken checks that a server does not count as started because another program
// accepts connections on its port.
func TestStart_PortTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := start(t.TempDir(), port, nil)
	if server != nil {
		defer server.Stop()
	}
	if !errors.Is(err, errPortTaken) {
		t.Errorf("got the error %v, want %v", err, errPortTaken)
	}
}
