package server

import "testing"

func TestAddressKey(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"192.0.2.1", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2::", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::", "2001:db8:1:3::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"", ""},
		{"localhost", ""},
	} {
		if got := addressKey(tt.address); got != tt.want {
			t.Errorf("the key of %q is %q, want %q", tt.address, got, tt.want)
		}
	}
}
