package rig

import (
	"fmt"
	"slices"
	"sync"

	"github.com/ray-iam/custom-rayiam/test/standin/moto"
)

// A place is one account of one of moto's servers.
type place struct{ url, account string }

// A pool hands out the accounts of moto's servers, each to one test at a time.
type pool struct {
	mu      sync.Mutex
	servers []*moto.Server
	taken   map[string]int // accounts in use, by the server's URL
	unused  []place
	made    int
}

// firstAccount is the account that moto assumes for a request that names none.
const firstAccount = 123456789012

// take returns an account of the server with the fewest accounts in use: an account that
// was given back, or else a new one. The servers are started at the first use.
func (p *pool) take(servers int) (place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.servers) < servers {
		server, err := moto.Start()
		if err != nil {
			return place{}, err
		}
		p.servers = append(p.servers, server)
	}
	server := slices.MinFunc(p.servers, func(a, b *moto.Server) int { return p.taken[a.URL] - p.taken[b.URL] })
	p.taken[server.URL]++
	if i := slices.IndexFunc(p.unused, func(a place) bool { return a.url == server.URL }); i >= 0 {
		a := p.unused[i]
		p.unused = slices.Delete(p.unused, i, i+1)
		return a, nil
	}
	p.made++
	return place{server.URL, fmt.Sprint(firstAccount + p.made - 1)}, nil
}

// giveBack makes an account free for the next test, which finds in it whatever this test
// left.
func (p *pool) giveBack(a place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[a.url]--
	p.unused = append(p.unused, a)
}

// stop ends the servers.
func (p *pool) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, server := range p.servers {
		_ = server.Stop()
	}
}
