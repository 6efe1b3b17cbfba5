package deploy

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// inSession returns the ids of a session's processes, from /proc. Zombies do not count.
func inSession(t *testing.T, session int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatalf("no processes in /proc: %v", err)
	}
	var pids []int
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // the process has ended meanwhile
		}
		// pid (name) state parent group session ...; the name may contain any characters,
		// also parentheses.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if fields[0] == "Z" || fields[3] != strconv.Itoa(session) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// listening returns the addresses on which processes of the session listen.
func listening(t *testing.T, session int) []string {
	t.Helper()
	var inodes []string
	for _, pid := range inSession(t, session) {
		descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, descriptor := range descriptors {
			if target, _ := os.Readlink(descriptor); strings.HasPrefix(target, "socket:[") {
				inodes = append(inodes, strings.Trim(target, "socket:[]"))
			}
		}
	}
	var addresses []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			// number local remote state queues timer retransmits uid timeout inode; 0A is LISTEN
			fields := strings.Fields(line)
			if len(fields) > 9 && fields[3] == "0A" && slices.Contains(inodes, fields[9]) {
				addresses = append(addresses, address(t, fields[1]))
			}
		}
	}
	return addresses
}

// address decodes 0100007F:1F90 as 127.0.0.1:8080: words of four bytes in the machine's
// byte order, here little-endian.
func address(t *testing.T, local string) string {
	t.Helper()
	host, port, _ := strings.Cut(local, ":")
	ip, err := hex.DecodeString(host)
	if err != nil {
		t.Fatal(err)
	}
	for word := range slices.Chunk(ip, 4) {
		slices.Reverse(word)
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(net.IP(ip).String(), strconv.FormatUint(number, 10))
}
