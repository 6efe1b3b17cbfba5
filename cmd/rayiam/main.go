// Command rayiam shows what Custom::RayIAM would do, what it would generate and permit, before
// and after it is deployed, and what has become of it. It writes nothing to AWS, but for
// `rayiam orphans --delete`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	os.Exit(a.run(ctx, os.Args[1:]))
}
