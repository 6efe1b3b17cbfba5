package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/ray-iam/custom-rayiam/internal/planview"
)

// print writes v as JSON, or its text.
func (a *app) print(v any, text func(planview.Paint) string) error {
	if a.output == "text" {
		_, err := fmt.Fprint(a.out, text(a.paint(a.out)))
		return err
	}
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// The colours of marks.
var colours = map[rune]string{'+': "32", '-': "31", '~': "33", '>': "36", '<': "36", '…': "2"}

// paint colours what goes to a terminal, unless NO_COLOR is set: https://no-color.org.
func (a *app) paint(to *os.File) planview.Paint {
	if a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" || !term.IsTerminal(int(to.Fd())) {
		return planview.Plain
	}
	return func(mark rune, text string) string {
		if colour, ok := colours[mark]; ok {
			return "\x1b[" + colour + "m" + text + "\x1b[0m"
		}
		return text
	}
}

func (a *app) errorPaint() planview.Paint { return a.paint(a.err) }

// progress shows on a terminal what takes its time, until the function that it returns is
// called.
func (a *app) progress(doing string) (done func()) {
	return a.progressOf(func() string { return doing })
}

// progressOf is progress of what changes: it asks every second what is being done.
func (a *app) progressOf(doing func() string) (done func()) {
	if a.debug || !term.IsTerminal(int(a.err.Fd())) {
		return func() {}
	}
	ended, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		begun := time.Now()
		for {
			fmt.Fprintf(a.err, "\r\x1b[K%s ... %ds", doing(), int(time.Since(begun).Seconds()))
			select {
			case <-ended:
				fmt.Fprint(a.err, "\r\x1b[K")
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return func() { close(ended); <-gone }
}

// note tells people what they should know beside the output.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.err, "rayiam: note: "+format+"\n", args...)
}
