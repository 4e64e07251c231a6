package main

import (
	"strings"
	"testing"
)

func TestWrongNetworkFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a negative rate", []string{"--rate", "-1"}, "--rate -1"},
		{"no burst", []string{"--rate-burst", "0"}, "--rate-burst 0"},
		{"negative reads", []string{"--max-reads", "-1"}, "--max-reads"},
		{"negative writes", []string{"--max-writes", "-1"}, "--max-writes"},
		{"no connections", []string{"--max-connections", "0"}, "--max-connections"},
		{"a proxy's address without a network", []string{"--trusted-proxies", "10.0.0.1"}, "10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &lockedBuffer{}
			if code := run(t.Context(), serveArgs(tt.args...), log, log, noEnv); code != exitUsage || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exited with %d: %s", code, log)
			}
		})
	}
}
