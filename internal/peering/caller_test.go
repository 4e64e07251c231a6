package peering_test

import (
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestCallerCanWrite(t *testing.T) {
	tests := []struct {
		name  string
		roles []peering.Role
		want  bool
	}{
		{"no role", nil, false},
		{"reader", []peering.Role{peering.Reader}, false},
		{"admin", []peering.Role{peering.Admin}, true},
		{"both", []peering.Role{peering.Reader, peering.Admin}, true},
		{"unknown role", []peering.Role{"owner"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (peering.Caller{Roles: tt.roles}).CanWrite(); got != tt.want {
				t.Errorf("CanWrite() = %t, want %t", got, tt.want)
			}
		})
	}
}
