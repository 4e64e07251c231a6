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

// A logRecorder is a slog.Handler that records everything at its level and above.
type logRecorder struct {
	level slog.Level
	// each is called for each record.
	each func()

	mu      sync.Mutex
	records []slog.Record
}

func (r *logRecorder) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }
func (r *logRecorder) WithAttrs([]slog.Attr) slog.Handler               { return r }
func (r *logRecorder) WithGroup(string) slog.Handler                    { return r }

func (r *logRecorder) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, record)
	if r.each != nil {
		r.each()
	}
	return nil
}

// lines returns the level, message and attributes of each record.
func (r *logRecorder) lines() []string {
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

func TestEmbeddedLogsNothingAtInfo(t *testing.T) {
	t.Parallel()
	log := &logRecorder{level: slog.LevelInfo}
	dir := t.TempDir()
	for range 2 { // in an empty directory, and in one with data
		store, err := etcd.Open(t.Context(), etcd.Config{DataDir: dir, Log: slog.New(log)})
		wantCode(t, err, "")
		create(t, store, newPeering(newVPC(), newVPC()))
		wantCode(t, store.Close(), "")
	}
	if lines := log.lines(); len(lines) > 0 {
		t.Errorf("etcd logs, want nothing:\n%s", strings.Join(lines, "\n"))
	}
}

func TestEmbeddedLogsAtDebug(t *testing.T) {
	t.Parallel()
	log := &logRecorder{level: slog.LevelDebug}
	store, err := etcd.Open(t.Context(), etcd.Config{DataDir: t.TempDir(), Log: slog.New(log)})
	wantCode(t, err, "")
	wantCode(t, store.Close(), "")
	if len(log.lines()) == 0 {
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
			"error of every first start is debug",
			zapcore.ErrorLevel, "failed to update storage version", "DEBUG failed to update storage version etcd=map[size:7]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &logRecorder{level: slog.LevelDebug}
			etcd.NewZapLogger(slog.New(log)).Log(tt.level, tt.msg, zap.Int("size", 7))
			if got := log.lines(); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("logged %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLogFieldsOfDerivedLoggers(t *testing.T) {
	log := &logRecorder{level: slog.LevelDebug}
	parent := etcd.NewZapLogger(slog.New(log))
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
	if got := log.lines(); !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}

func TestLogRespectsTheLevelOfTheHandler(t *testing.T) {
	log := &logRecorder{level: slog.LevelInfo}
	logger := etcd.NewZapLogger(slog.New(log))
	logger.Warn("took too long")
	logger.Error("disk failed")
	if got, want := log.lines(), []string{"ERROR disk failed etcd=map[]"}; !slices.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
}
