package daemon_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/peering/peering/internal/cli"
	"github.com/peering/peering/internal/cli/command"
	"github.com/peering/peering/internal/daemon"
	"github.com/peering/peering/internal/e2e/harness"
)

func TestInvalidEtcdFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"certificate without key", []string{"--etcd-endpoints", "https://127.0.0.1:1", "--etcd-cert", "c.pem"}, "--etcd-key"},
		{"CA with an http endpoint", []string{"--etcd-endpoints", "http://127.0.0.1:1", "--etcd-cacert", "ca.pem"}, "https://"},
		{"one http endpoint among https ones", []string{"--etcd-endpoints", "https://10.0.0.1:1,http://10.0.0.2:1"}, "http://10.0.0.2:1"},
		{"one https endpoint among http ones", []string{"--etcd-endpoints", "http://127.0.0.1:1,HTTPS://10.0.0.2:1"}, "HTTPS://10.0.0.2:1"},
		{"one endpoint without scheme among https ones", []string{"--etcd-endpoints", "https://10.0.0.1:1,10.0.0.2:1"}, "10.0.0.2:1"},
		{"one socket among https endpoints", []string{"--etcd-endpoints", "https://10.0.0.1:1,unix:///tmp/s"}, "unix:///tmp/s"},
		{"CA without endpoints", []string{"--etcd-cacert", "ca.pem"}, "--etcd-endpoints"},
		{"user without endpoints", []string{"--etcd-user", "u"}, "--etcd-endpoints"},
		{"user without password", []string{"--etcd-endpoints", "https://127.0.0.1:1", "--etcd-user", "u"}, daemon.PasswordVariable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log := &harness.Buffer{}
			if code := harness.Run(t.Context(), harness.ServeArgs(tt.args...), log, log, harness.NoEnv); code != cli.ExitUsage || !strings.Contains(log.String(), tt.want) {
				t.Errorf("exited with %d: %s", code, log)
			}
		})
	}
}

// TestEtcdPasswordNeedsTLS checks which endpoints are allowed with a user. It
// connects to none of them.
func TestEtcdPasswordNeedsTLS(t *testing.T) {
	for endpoints, allowed := range map[string]bool{
		"https://10.0.0.1:1":                    true,
		"https://10.0.0.1:1,https://10.0.0.2:1": true,
		"http://127.0.0.1:1":                    true,
		"http://127.8.8.8:1":                    true,
		"http://[::1]:1":                        true,
		"http://localhost:1":                    true,
		"127.0.0.1:1":                           true,
		"localhost:1":                           true,
		"unix:///tmp/s":                         true,
		"unix:s":                                true,
		"http://10.0.0.1:1":                     false,
		"http://127.0.0.1:1,http://10.0.0.1:1":  false,
		"10.0.0.1:1":                            false,
		"http://0.0.0.0:1":                      false,
		"http://[fe80::1]:1":                    false,
		"http://localhost.example.org:1":        false,
		"http://127.0.0.1@10.0.0.1:1":           false,
		"http://":                               false,
		"unix.example.org:1":                    false,
	} {
		t.Run(endpoints, func(t *testing.T) {
			list := strings.Split(endpoints, ",")
			err := daemon.CheckEtcdEndpoints(list)
			if (err == nil) != allowed {
				t.Errorf("error is %v, want allowed: %t", err, allowed)
			}
			if _, usage := errors.AsType[command.UsageError](err); err != nil && (!usage || !strings.Contains(err.Error(), list[len(list)-1])) {
				t.Errorf("got %v, want a usage error that names the endpoint", err)
			}
		})
	}
}
