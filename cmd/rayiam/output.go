package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
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
	return indented(a.out, v, "")
}

// indented writes v as JSON, each line but the first after a prefix.
func indented(to io.Writer, v any, prefix string) error {
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	return enc.Encode(v)
}

// A setsDocument is the JSON {"sets": [...]}. Each set is written as soon as it is known. The
// document is complete only after end.
type setsDocument struct {
	to  io.Writer
	any bool
}

func (d *setsDocument) add(set any) error {
	var text bytes.Buffer
	text.WriteString("{\n  \"sets\": [\n    ")
	if d.any {
		text.Reset()
		text.WriteString(",\n    ")
	}
	if err := indented(&text, set, "    "); err != nil {
		return err
	}
	d.any = true
	_, err := d.to.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	return err
}

func (d *setsDocument) end() error {
	rest := "\n  ]\n}\n"
	if !d.any {
		rest = "{\n  \"sets\": []\n}\n"
	}
	_, err := io.WriteString(d.to, rest)
	return err
}

// The colours of marks.
var colours = map[rune]string{'+': "32", '-': "31", '~': "33", '>': "36", '<': "36", '…': "2"}

// paint colours output on a terminal, unless NO_COLOR is set: https://no-color.org.
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

// progress shows on a terminal which work is under way, until the returned function is called.
func (a *app) progress(doing string) (done func()) {
	return a.progressOf(func() string { return doing }).done
}

// A progress is a line on a terminal that says which work is under way.
type progress struct {
	to          *os.File // nil if nothing is shown
	ended, gone chan struct{}
	mu          sync.Mutex // of the line
}

const eraseLine = "\r\x1b[K"

// progressOf is a progress whose text changes: it calls doing every second.
func (a *app) progressOf(doing func() string) *progress {
	p := &progress{ended: make(chan struct{}), gone: make(chan struct{})}
	if a.debug || !term.IsTerminal(int(a.err.Fd())) {
		return p
	}
	p.to = a.err
	go func() {
		defer close(p.gone)
		begun := time.Now()
		for {
			p.mu.Lock()
			fmt.Fprintf(p.to, eraseLine+"%s ... %ds", doing(), int(time.Since(begun).Seconds()))
			p.mu.Unlock()
			select {
			case <-p.ended:
				fmt.Fprint(p.to, eraseLine)
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return p
}

// done ends the line.
func (p *progress) done() {
	if p.to != nil {
		close(p.ended)
		<-p.gone
	}
}

// without calls show while the line is not shown, since both may go to one terminal.
func (p *progress) without(show func()) {
	if p.to != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		fmt.Fprint(p.to, eraseLine)
	}
	show()
}

// note prints a note for people on standard error.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.err, "rayiam: note: "+format+"\n", args...)
}
