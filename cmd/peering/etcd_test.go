package main

import (
	"strings"
	"testing"
)

func TestWrongEtcdFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a certificate without key", []string{"--etcd-endpoints", "https://127.0.0.1:1", "--etcd-cert", "c.pem"}, "--etcd-key"},
		{"TLS without encryption", []string{"--etcd-endpoints", "http://127.0.0.1:1", "--etcd-cacert", "ca.pem"}, "https://"},
		{"TLS without endpoints", []string{"--etcd-cacert", "ca.pem"}, "--etcd-endpoints"},
		{"a user without endpoints", []string{"--etcd-user", "u"}, "--etcd-endpoints"},
		{"a user without password", []string{"--etcd-endpoints", "https://127.0.0.1:1", "--etcd-user", "u"}, passwordVariable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &lockedBuffer{}
			if code := run(t.Context(), serveArgs(tt.args...), log, log, noEnv); code != exitUsage || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exited with %d: %s", code, log)
			}
		})
	}
}
