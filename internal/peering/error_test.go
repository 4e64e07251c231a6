package peering_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestCodeOf(t *testing.T) {
	coded := peering.Errorf(peering.Forbidden, "Only the accepter can do this.")
	tests := []struct {
		name string
		err  error
		want peering.Code
	}{
		{"coded", coded, peering.Forbidden},
		{"wrapped", fmt.Errorf("accept: %w", coded), peering.Forbidden},
		{"wrapped twice", fmt.Errorf("request: %w", fmt.Errorf("accept: %w", coded)), peering.Forbidden},
		{"joined", errors.Join(io.EOF, coded), peering.Forbidden},
		{"the outer of two codes", &peering.Error{Code: peering.Unavailable, Err: coded}, peering.Unavailable},
		{"error without a code", io.EOF, peering.Internal},
		{"not found", peering.NewNotFound("1"), peering.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := peering.CodeOf(tt.err); got != tt.want {
				t.Errorf("CodeOf = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorWrapsCause(t *testing.T) {
	err := &peering.Error{Code: peering.Unavailable, Message: "Not now.", Err: io.ErrUnexpectedEOF}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the error does not wrap its cause")
	}
	for _, part := range []string{"unavailable", "Not now.", io.ErrUnexpectedEOF.Error()} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %[2]q does not contain %[1]q", part, err)
		}
	}
}

// wantCode checks the code of an error. An empty code means no error.
func wantCode(t *testing.T, err error, want peering.Code) {
	t.Helper()
	if err == nil && want == "" {
		return
	}
	if err == nil || peering.CodeOf(err) != want {
		t.Fatalf("got error %v, want code %q", err, want)
	}
}
