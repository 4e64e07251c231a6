package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/peering/peering/client"
)

// command runs a client command against a server as a project.
func (r *running) command(t *testing.T, projectID string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	env := map[string]string{"PEERING_ENDPOINT": r.endpoint, "PEERING_PROJECT": projectID}
	out, errs := &lockedBuffer{}, &lockedBuffer{}
	// The end of ctx would stop a server that starts by mistake.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	code = run(ctx, args, out, errs, func(name string) string { return env[name] })
	return code, out.String(), errs.String()
}

func TestCommandsOnAPeering(t *testing.T) {
	s := start(t, t.TempDir())
	code, out, errs := s.command(t, project, "create", "first", "--cluster", clusterID, "--peer-vpc", peerVPC, "-o", "json")
	var made client.Peering
	if err := json.Unmarshal([]byte(out), &made); code != exitOK || err != nil {
		t.Fatalf("create exited with %d: %s%s", code, out, errs)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"list of a cluster", []string{"list", "--cluster", clusterID}, exitOK, []string{"STATUS", made.ID, "first", "PENDING_ACCEPTANCE"}},
		{"show on the cluster", []string{"show", made.ID, "--cluster", clusterID}, exitOK, []string{made.ID, peerVPC}},
		{"show as JSON", []string{"show", made.ID, "-o", "json"}, exitOK, []string{`"created_at"`, `"accept_vpc_info"`}},
		{"rename by the accepter", []string{"rename", made.ID, "second"}, exitForbidden, []string{"VPC.2701"}},
		{"accept", []string{"accept", made.ID}, exitOK, []string{"ACTIVE"}},
		{"list by status", []string{"list", "--status", "ACTIVE", "--vpc", peerVPC, "--name", "first", "--tenant", service}, exitOK, []string{made.ID}},
		{"list with nothing to show", []string{"list", "--status", "EXPIRED", "-o", "json"}, exitOK, []string{"[]"}},
		{"reject of an active one", []string{"reject", made.ID}, exitConflict, []string{"VPC.22105", "ACTIVE"}},
		{"create of a second one", []string{"create", "again", "--cluster", clusterID, "--peer-vpc", peerVPC}, exitConflict, []string{"CS.22104", made.ID}},
		{"create between own VPCs", []string{"create", "inner", "--vpc", peerVPC, "--peer-vpc", otherVPC, "--description", "d"}, exitOK, []string{"inner", "ACTIVE"}},
		{"delete", []string{"delete", made.ID}, exitOK, nil},
		{"show of a deleted one", []string{"show", made.ID}, exitNotFound, []string{"VPC.2204"}},
		{"show of a deleted one on the cluster", []string{"show", made.ID, "--cluster", clusterID}, exitNotFound, []string{"CS.22103"}},
		{"delete on the cluster of a deleted one", []string{"delete", made.ID, "--cluster", clusterID}, exitNotFound, []string{"CS.22103"}},
		{"list of an unknown cluster", []string{"list", "--cluster", "7"}, exitNotFound, []string{"CS.20005"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.command(t, project, tt.args...)
			wantOutput(t, code, out+errs, tt.code, tt.want)
			if (errs == "") != (tt.code == exitOK) {
				t.Errorf("standard error is %q", errs)
			}
		})
	}
}

func TestCommandsOfTheOtherSide(t *testing.T) {
	s := start(t, t.TempDir())
	code, out, errs := s.command(t, project, "create", "n", "--vpc", peerVPC, "--peer-vpc", otherVPC, "--peer-tenant", stranger, "-o", "json")
	var made client.VPCPeering
	if err := json.Unmarshal([]byte(out), &made); code != exitOK || err != nil {
		t.Fatalf("create exited with %d: %s%s", code, out, errs)
	}
	code, out, errs = s.command(t, project, "rename", made.ID, "m", "--description", "second", "-o", "json")
	wantOutput(t, code, out+errs, exitOK, []string{`"m"`, `"second"`})
	code, out, errs = s.command(t, stranger, "reject", made.ID)
	wantOutput(t, code, out+errs, exitOK, []string{"REJECTED"})
}

func TestWrongCommandLines(t *testing.T) {
	s := start(t, t.TempDir())
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"unknown command", []string{"creat"}, []string{`"creat"`, "peering --help"}},
		{"unknown flag", []string{"list", "--colour"}, []string{"--colour", "peering list --help"}},
		{"too few arguments", []string{"accept"}, []string{"peering accept --help"}},
		{"neither cluster nor VPC", []string{"create", "n", "--peer-vpc", peerVPC}, []string{"cluster", "vpc"}},
		{"both cluster and VPC", []string{"create", "n", "--cluster", "1", "--vpc", peerVPC, "--peer-vpc", otherVPC}, []string{"cluster", "vpc"}},
		{"no peer", []string{"create", "n", "--cluster", "1"}, []string{"peer-vpc"}},
		{"unknown output", []string{"list", "-o", "xml"}, []string{"xml", "table, json or yaml"}},
		{"no URL", []string{"list", "--endpoint", "127.0.0.1:8080"}, []string{"127.0.0.1:8080", "http://"}},
		{"a name that the service refuses", []string{"create", "a b", "--cluster", clusterID, "--peer-vpc", peerVPC}, []string{"/name"}},
		{"no id", []string{"show", "7"}, []string{"peering_id"}},
		{"unknown auth", []string{"serve", "--auth", "open"}, []string{"open"}},
		{"a quota that is no size", []string{"serve", "--data-quota", "much"}, []string{"--data-quota", "much"}},
		{"a negative quota", []string{"serve", "--data-quota", "-8GiB"}, []string{"--data-quota", "-8GiB"}},
		{"a quota beyond all sizes", []string{"serve", "--data-quota", "9EiB"}, []string{"--data-quota", "9EiB"}},
		{"a quota that is too small", []string{"serve", "--data-quota", "63MiB"}, []string{"--data-quota", "64 MiB"}},
		{"a quota for a cluster", []string{"serve", "--data-quota", "1GiB", "--etcd-endpoints", "http://127.0.0.1:1"}, []string{"data-quota"}},
		{"unknown log level", []string{"serve", "--log-level", "loud"}, []string{"loud"}},
		{"unknown log format", []string{"serve", "--log-format", "xml"}, []string{"xml"}},
		{"open to everybody", []string{"serve", "--listen", "0.0.0.0:0"}, []string{"0.0.0.0:0", "loopback"}},
		{"no tenant", []string{"serve", "--service-tenant", "us"}, []string{"--service-tenant", "us"}},
		{"two stores", []string{"serve", "--data-dir", "d", "--etcd-endpoints", "http://127.0.0.1:1"}, []string{"data-dir", "etcd-endpoints"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.command(t, project, tt.args...)
			wantOutput(t, code, errs, exitUsage, tt.want)
			if out != "" {
				t.Errorf("standard output is %q", out)
			}
		})
	}
	code, _, errs := s.command(t, "", "list")
	wantOutput(t, code, errs, exitUsage, []string{"PEERING_PROJECT"})
}

func TestCommandsWithoutAServer(t *testing.T) {
	s := start(t, t.TempDir())
	s.stop()
	code, _, errs := s.command(t, project, "list")
	wantOutput(t, code, errs, exitUnavailable, []string{s.endpoint, "peering serve"})
}

func TestServeRefusesToStart(t *testing.T) {
	s := start(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "inventory.yaml")
	if err := os.WriteFile(file, []byte("clusters:\n- cluster_id: 7\n  colour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"a port that is taken", []string{"--listen", strings.TrimPrefix(s.endpoint, "http://")}, []string{"--listen", "in use"}},
		{"no inventory", []string{"--inventory", file + "x"}, []string{"inventory", file + "x"}},
		{"a wrong inventory", []string{"--inventory", file}, []string{file, "colour"}},
		{"a data directory that is a file", []string{"--data-dir", file}, []string{file}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := s.command(t, project, append(serveArgs("--data-dir", t.TempDir()), tt.args...)...)
			wantOutput(t, code, out+errs, exitFailure, tt.want)
		})
	}
}

func TestInventory(t *testing.T) {
	const good = `
- {project_id: ` + project + `, cluster_id: 7, name: c, vpc_id: ` + peerVPC + `, tenant_id: ` + service + `, vpc_cidr: 10.0.0.0/8, subnet_cidr: 10.1.0.0/16}`
	for _, tt := range []struct {
		name, text string
		want       int
		err        string
	}{
		{"empty", "", 0, ""},
		{"no clusters", "clusters: []", 0, ""},
		{"a cluster", "clusters:" + good, 1, ""},
		{"twice the same", "clusters:" + good + good, 0, "twice"},
		{"unknown key", "clusters: []\ncluster: 1", 0, "cluster"},
		{"no id", "clusters:" + strings.ReplaceAll(good, peerVPC, "vpc"), 0, "vpc_id"},
		{"no number", "clusters:" + strings.ReplaceAll(good, "cluster_id: 7", "cluster_id: seven"), 0, "cluster_id"},
		{"no block", "clusters:" + strings.ReplaceAll(good, "vpc_cidr: 10.0.0.0/8, ", ""), 0, "vpc_cidr"},
		{"host bits", "clusters:" + strings.ReplaceAll(good, "10.1.0.0/16", "10.1.0.1/16"), 0, "10.1.0.0/16"},
		{"subnet outside", "clusters:" + strings.ReplaceAll(good, "10.1.0.0/16", "11.1.0.0/16"), 0, "subnet_cidr"},
		{"no YAML", "clusters: [", 0, "yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseInventory([]byte(tt.text))
			if len(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestHelpNamesTheExitCodes(t *testing.T) {
	out := &lockedBuffer{}
	if code := run(t.Context(), []string{"--help"}, out, out, noEnv); code != exitOK || !strings.Contains(out.String(), exitCodeHelp) {
		t.Errorf("exited with %d: %s", code, out)
	}
}

func wantOutput(t *testing.T, code int, output string, wantCode int, want []string) {
	t.Helper()
	if code != wantCode {
		t.Errorf("exited with %d, want %d: %s", code, wantCode, output)
	}
	for _, text := range want {
		if !strings.Contains(output, text) {
			t.Errorf("the output lacks %q: %s", text, output)
		}
	}
}
