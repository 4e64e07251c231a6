package etcd_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/peering/peering/internal/etcd"
)

// A recorder is a handler that keeps what is logged at its level and above.
type recorder struct {
	level slog.Level
	// each is called for each of them.
	each func()

	mu      sync.Mutex
	records []slog.Record
}

func (r *recorder) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler               { return r }
func (r *recorder) WithGroup(string) slog.Handler                    { return r }

func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, record)
	if r.each != nil {
		r.each()
	}
	return nil
}

// all answers level, message and attributes of each record.
func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := make([]string, len(r.records))
	for i, record := range r.records {
		line := []string{record.Level.String(), record.Message}
		record.Attrs(func(a slog.Attr) bool {
			line = append(line, a.String())
			return true
		})
		lines[i] = strings.Join(line, " ")
	}
	return lines
}

func TestEmbeddedIsQuiet(t *testing.T) {
	log := &recorder{level: slog.LevelInfo}
	dir := t.TempDir()
	for range 2 { // on an empty directory, and on one that holds something
		store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Log: slog.New(log)})
		wantCode(t, err, "")
		create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, store.Close(), "")
	}
	if lines := log.all(); len(lines) > 0 {
		t.Errorf("etcd logs\n%s", strings.Join(lines, "\n"))
	}
}

func TestEmbeddedTellsMoreAtDebug(t *testing.T) {
	log := &recorder{level: slog.LevelDebug}
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: t.TempDir(), Log: slog.New(log)})
	wantCode(t, err, "")
	wantCode(t, store.Close(), "")
	if len(log.all()) == 0 {
		t.Error("etcd logs nothing")
	}
}

func TestLogLevels(t *testing.T) {
	tests := []struct {
		name  string
		level zapcore.Level
		msg   string
		want  string
	}{
		{"debug is debug", zapcore.DebugLevel, "applied", "DEBUG applied etcd=map[size:7]"},
		{"info is debug", zapcore.InfoLevel, "became leader", "DEBUG became leader etcd=map[size:7]"},
		{"warn is debug", zapcore.WarnLevel, "took too long", "DEBUG took too long etcd=map[size:7]"},
		{"error is error", zapcore.ErrorLevel, "disk failed", "ERROR disk failed etcd=map[size:7]"},
		{
			"the error of every first start is debug",
			zapcore.ErrorLevel, "failed to update storage version", "DEBUG failed to update storage version etcd=map[size:7]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &recorder{level: slog.LevelDebug}
			etcd.NewLogger(slog.New(log)).Log(tt.level, tt.msg, zap.Int("size", 7))
			if got := log.all(); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("logged %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLogKeepsTheFieldsOfItsLogger(t *testing.T) {
	log := &recorder{level: slog.LevelDebug}
	parent := etcd.NewLogger(slog.New(log))
	for _, field := range []string{"a", "b", "c"} {
		parent = parent.With(zap.Int(field, 1))
	}
	first, second := parent.With(zap.Int("first", 1)), parent.With(zap.Int("second", 1))
	first.Error("one")
	second.Error("two", zap.Bool("leader", true))
	parent.Error("three")
	want := []string{
		"ERROR one etcd=map[a:1 b:1 c:1 first:1]",
		"ERROR two etcd=map[a:1 b:1 c:1 leader:true second:1]",
		"ERROR three etcd=map[a:1 b:1 c:1]",
	}
	if got := log.all(); !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}

func TestLogAsksTheHandlerForTheLevel(t *testing.T) {
	log := &recorder{level: slog.LevelInfo}
	logger := etcd.NewLogger(slog.New(log))
	logger.Warn("took too long")
	logger.Error("disk failed")
	if got, want := log.all(), []string{"ERROR disk failed etcd=map[]"}; !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}
