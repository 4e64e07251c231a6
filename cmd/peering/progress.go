package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/peering/peering/client"
)

// spinInterval is how often a spinner moves on.
const spinInterval = 100 * time.Millisecond

// progress tells on standard error what a command waits for: beside a spinner on a terminal, a line for each change elsewhere.
type progress struct {
	program *program
	// what is waited for, and want the status that it is to have.
	what  string
	want  client.Status
	said  string
	bar   *progressbar.ProgressBar
	ended chan struct{}
	spin  sync.WaitGroup
}

// progress starts to tell. It has to be ended.
func (p *program) progress(what string, want client.Status) *progress {
	w := &progress{program: p, what: what, want: want, ended: make(chan struct{})}
	if p.getenv("TERM") != "dumb" && p.terminal(p.stderr) {
		// Without an interval the bar starts no goroutine, which would outlive it.
		w.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetSpinnerChangeInterval(0),
			progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(true))
	}
	return w
}

// polled tells what a look has seen.
func (w *progress) polled(poll client.Poll) {
	text := fmt.Sprintf("%s %s", w.what, is(poll.Status))
	if poll.Status != w.want {
		text += "; waiting for it to be " + wanted(w.want)
	}
	if poll.Err != nil {
		text += ", but the service does not answer now: " + explain(poll.Err)
	}
	w.say(strings.ReplaceAll(text, "\n", " "))
}

// say tells what is waited for now; the same again tells nothing new.
func (w *progress) say(text string) {
	if text == w.said {
		return
	}
	started := w.said != ""
	w.said = text
	if w.bar == nil {
		p := w.program
		_ = p.format.writeNotice(p.stderr, "progress", text, func() string { return printable(text) })
		return
	}
	w.bar.Describe(w.fitting(printable(text)))
	if !started {
		w.spin.Go(w.spinning)
	}
}

// spinning moves the spinner on until the end.
func (w *progress) spinning() {
	ticks := time.NewTicker(spinInterval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			_ = w.bar.RenderBlank() // nobody is left to see it where it fails
		case <-w.ended:
			return
		}
	}
}

// fitting cuts a text to what a line of the terminal holds beside the spinner and the time.
func (w *progress) fitting(text string) string {
	file, ok := w.program.stderr.(*os.File)
	if !ok {
		return text
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if room := width - len("| ") - len(" [999h59m59s] "); err == nil && room > 0 && room < len(text) {
		return fmt.Sprintf("%.*s…", room-1, text)
	}
	return text
}

// end takes the spinner away.
func (w *progress) end() {
	close(w.ended)
	w.spin.Wait()
	if w.bar != nil {
		_ = w.bar.Finish() // as above
	}
}
