package harness

import (
	"bytes"
	"sync"
)

// Buffer collects the output of several goroutines and checks it for secrets.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	checked := b.buf.Len()
	n, err := b.buf.Write(p)
	secrets.check("a log or an output", b.buf.Bytes(), checked)
	return n, err
}

// String returns all output so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
