package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/peering/peering/internal/iam"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// authFlags say how callers are known.
type authFlags struct {
	auth string
}

// authNone is the --auth that believes every caller.
const authNone = "none"

func (f *authFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.auth, "auth", authNone,
		"how callers are known: none believes them, on a loopback address only; file:PATH")
}

const authHelp = `Callers are known by --auth:
  none        whoever calls is believed, which is allowed on loopback addresses only
  file:PATH   by the tokens and access keys that a YAML file lists; a change of the file is taken over within two seconds`

// open answers what knows callers as the flags say, and what ends it.
func (f *authFlags) open(log *slog.Logger) (server.Authenticate, func() error, error) {
	nothing := func() error { return nil }
	way, where, _ := strings.Cut(f.auth, ":")
	switch {
	case f.auth == authNone:
		return knownBy(iam.Believe()), nothing, nil
	case way == "file" && where != "":
		file, err := iam.OpenFile(where, time.Now, log)
		if err != nil {
			return nil, nil, fmt.Errorf("--auth: %w", err)
		}
		return knownBy(file), file.Close, nil
	default:
		return nil, nil, usageError{fmt.Errorf("--auth %q is not none or file:PATH", f.auth)}
	}
}

// knownBy is what the server asks who calls.
func knownBy(a iam.Authenticator) server.Authenticate {
	return func(r *http.Request, named peering.ID) (peering.Caller, error) {
		caller, err := a.Authenticate(r, named)
		if errors.Is(err, iam.ErrBodyTooLarge) {
			err = server.ErrBodyTooLarge
		}
		return caller, err
	}
}

// allows answers why the API must not listen at an address, which --listen asks for, or nil. It warns of one at which credentials can be overheard.
func (f *authFlags) allows(address net.Addr, listen string, log *slog.Logger) error {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return nil
	}
	if f.auth == authNone {
		return usageError{fmt.Errorf(
			"--listen %s is not a loopback address such as 127.0.0.1:8080; with --auth none anybody who reaches it could act for any tenant", listen)}
	}
	log.Warn("credentials come to this address over plain HTTP; whoever is on the way can read and use them, unless a proxy encrypts it",
		"listen", address.String())
	return nil
}

// header is one by which the service knows the caller, as a shell writes it; empty where it needs none.
func (f *authFlags) header() string {
	if f.auth == authNone {
		return ""
	}
	return "X-Auth-Token: $PEERING_TOKEN"
}
