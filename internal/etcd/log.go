package etcd

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// storageVersionMessage is an error that etcd logs whenever it starts on an
// empty directory: there is no version to update before the first snapshot. etcd
// retries it by itself.
const storageVersionMessage = "failed to update storage version"

// newZapLogger returns the logger for etcd.
func newZapLogger(log *slog.Logger) *zap.Logger {
	return zap.New(logCore{log: log.With("component", "etcd")})
}

// logCore forwards etcd's log to slog. Levels below error become debug, because
// they concern only etcd itself.
type logCore struct {
	log    *slog.Logger
	fields []zapcore.Field
}

func (c logCore) level(l zapcore.Level) slog.Level {
	if l >= zapcore.ErrorLevel {
		return slog.LevelError
	}
	return slog.LevelDebug
}

// Enabled implements zapcore.Core.
func (c logCore) Enabled(l zapcore.Level) bool {
	return c.log.Enabled(context.Background(), c.level(l))
}

// With implements zapcore.Core.
func (c logCore) With(fields []zapcore.Field) zapcore.Core {
	return logCore{log: c.log, fields: append(c.fields[:len(c.fields):len(c.fields)], fields...)}
}

// Check implements zapcore.Core.
func (c logCore) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(entry.Level) {
		return checked.AddCore(entry, c)
	}
	return checked
}

// Write implements zapcore.Core.
func (c logCore) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, f := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		f.AddTo(values)
	}
	level := c.level(entry.Level)
	if entry.Message == storageVersionMessage {
		level = slog.LevelDebug
	}
	c.log.LogAttrs(context.Background(), level, entry.Message, slog.Any("etcd", values.Fields))
	return nil
}

// Sync implements zapcore.Core.
func (c logCore) Sync() error { return nil }
