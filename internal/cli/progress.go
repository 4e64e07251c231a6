package cli

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/cli/output"
)

// spinInterval is the interval between two frames of the spinner.
const spinInterval = 100 * time.Millisecond

// progress reports on standard error what a command waits for: with a spinner
// on a terminal, with a line for each change elsewhere.
type progress struct {
	printer *output.Printer
	what    string
	want    client.Status
	last    string
	bar     *progressbar.ProgressBar
	ended   chan struct{}
	spinner sync.WaitGroup
}

// startProgress returns a progress, which the caller has to end.
func startProgress(p *output.Printer, what string, want client.Status) *progress {
	w := &progress{printer: p, what: what, want: want, ended: make(chan struct{})}
	if p.Getenv("TERM") != "dumb" && p.IsTerminal(p.Err) {
		// With an interval of its own the bar starts a goroutine that outlives it.
		w.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(p.Err), progressbar.OptionSetSpinnerChangeInterval(0),
			progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(true))
	}
	return w
}

// report shows the result of a poll.
func (w *progress) report(poll client.Poll) {
	text := fmt.Sprintf("%s %s", w.what, describeStatus(poll.Status))
	if poll.Status != w.want {
		text += "; waiting for " + statusName(w.want)
	}
	if poll.Err != nil {
		text += "; the service does not respond: " + errorMessage(poll.Err)
	}
	w.show(strings.ReplaceAll(text, "\n", " "))
}

// show shows a text unless it is the one already shown.
func (w *progress) show(text string) {
	if text == w.last {
		return
	}
	started := w.last != ""
	w.last = text
	if w.bar == nil {
		_ = w.printer.Notice("progress", text, func() string { return output.Printable(text) }) // progress is best effort
		return
	}
	w.bar.Describe(w.truncate(output.Printable(text)))
	if !started {
		w.spinner.Go(w.spin)
	}
}

// spin renders the spinner until the end.
func (w *progress) spin() {
	ticks := time.NewTicker(spinInterval)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			_ = w.bar.RenderBlank() // as above
		case <-w.ended:
			return
		}
	}
}

// truncate cuts a text to the terminal's width less the spinner and the time.
func (w *progress) truncate(text string) string {
	file, ok := w.printer.Err.(*os.File)
	if !ok {
		return text
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if room := width - len("| ") - len(" [999h59m59s] "); err == nil && room > 0 && room < len(text) {
		return fmt.Sprintf("%.*s…", room-1, text)
	}
	return text
}

// end removes the spinner.
func (w *progress) end() {
	close(w.ended)
	w.spinner.Wait()
	if w.bar != nil {
		_ = w.bar.Finish() // as above
	}
}
