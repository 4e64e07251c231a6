package peering_test

import (
	"strings"
	"testing"

	"github.com/peering/peering/internal/peering"
)

func TestIDKey(t *testing.T) {
	const want = "83081290198e48e28e2d64c50023d136"
	for name, id := range map[string]peering.ID{
		"32 digits":            "83081290198e48e28e2d64c50023d136",
		"UUID":                 "83081290-198e-48e2-8e2d-64c50023d136",
		"32 digits upper case": "83081290198E48E28E2D64C50023D136",
		"UUID upper case":      "83081290-198E-48E2-8E2D-64C50023D136",
		"UUID mixed case":      "83081290-198E-48e2-8e2d-64c50023D136",
	} {
		t.Run(name, func(t *testing.T) {
			if got := id.Key(); got != want {
				t.Errorf("Key() = %q, want %q", got, want)
			}
		})
	}
}

func TestIDEqual(t *testing.T) {
	tests := []struct {
		name string
		a, b peering.ID
		want bool
	}{
		{"the same text", "83081290-198e-48e2-8e2d-64c50023d136", "83081290-198e-48e2-8e2d-64c50023d136", true},
		{"with and without hyphens", "83081290-198e-48e2-8e2d-64c50023d136", "83081290198e48e28e2d64c50023d136", true},
		{"upper and lower case", "83081290-198E-48E2-8E2D-64C50023D136", "83081290-198e-48e2-8e2d-64c50023d136", true},
		{
			"upper case without hyphens", "83081290198E48E28E2D64C50023D136", "83081290-198e-48e2-8e2d-64c50023d136", true,
		},
		{"another digit", "83081290-198e-48e2-8e2d-64c50023d137", "83081290-198e-48e2-8e2d-64c50023d136", false},
		{"empty", "", "83081290-198e-48e2-8e2d-64c50023d136", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.a.Equal(tt.b) != tt.want || tt.b.Equal(tt.a) != tt.want {
				t.Errorf("%[1]q.Equal(%[2]q) = %[3]t, %[2]q.Equal(%[1]q) = %[4]t; want %[5]t",
					tt.a, tt.b, tt.a.Equal(tt.b), tt.b.Equal(tt.a), tt.want)
			}
		})
	}
}

func TestIDValid(t *testing.T) {
	tests := []struct {
		name string
		id   peering.ID
		want bool
	}{
		{"32 digits", "8185f87d043f4519a68420a282b5e2fa", true},
		{"32 digits upper case", "8185F87D043F4519A68420A282B5E2FA", true},
		{"UUID", "83081290-198e-48e2-8e2d-64c50023d136", true},
		{"UUID upper case", "83081290-198E-48E2-8E2D-64C50023D136", true},
		{"empty", "", false},
		{"31 digits", "8185f87d043f4519a68420a282b5e2f", false},
		{"33 digits", "8185f87d043f4519a68420a282b5e2faa", false},
		{"36 digits", "8185f87d043f4519a68420a282b5e2faaaaa", false},
		{"UUID too short", "83081290-198e-48e2-8e2d-64c50023d13", false},
		{"UUID too long", "83081290-198e-48e2-8e2d-64c50023d1366", false},
		{"32 characters with hyphens", "83081290-198e-48e2-8e2d-64c50023", false},
		{"hyphens shifted to the left", "8308129-0198-e48e-28e2d-64c50023d136", false},
		{"hyphens at the end", "83081290198e48e28e2d64c50023d136----", false},
		{"extra hyphen", "83081290-198e-48e2-8e2d-64c50023d13-", false},
		{"not hexadecimal", "8185g87d043f4519a68420a282b5e2fa", false},
		{"UUID not hexadecimal", "83081290-198e-48e2-8e2d-64c50023d13x", false},
		{"leading space", " 185f87d043f4519a68420a282b5e2fa", false},
		{"trailing line break", "8185f87d043f4519a68420a282b5e2f\n", false},
		{"slashes", "8185f87d/043f4519/a68420a2/82b5e", false},
		{"non-ASCII letters", peering.ID(strings.Repeat("\u00e9", 16)), false},
		{"full-width digits", peering.ID(strings.Repeat("\uff11", 12)), false},
		{"braces", "{83081290-198e-48e2-8e2d-64c50023d}", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.id.Valid(); got != tt.want {
				t.Errorf("%q.Valid() = %t, want %t", tt.id, got, tt.want)
			}
		})
	}
}
