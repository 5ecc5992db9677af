package origin

import "testing"

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{"127.0.0.1": true, "127.0.0.1:80": true, "localhost:8080": true,
		"LocalHost.": true, "[::1]:80": true, "[::1]": true, "::1": true, "127.255.0.1": true, "": false,
		"0.0.0.0": false, "evil.example": false, "localhost.evil": false, "127.0.0.1.evil:80": false,
		"192.168.1.7:80": false, "[fe80::1]:80": false, "[": false, ":": false, "127.1": false} {
		if got := Loopback(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
