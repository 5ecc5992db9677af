// Package origin keeps the other pages of a browser away from a server of this machine. Any page may have
// its browser ask an address of this machine, or make a name of its own lead here (DNS rebinding); such
// requests carry that name in their Host header.
package origin

import (
	"net"
	"net/http"
	"strings"
)

// Loopback says whether a Host header names this machine by a loopback address. A name that somebody else
// could make lead here is none, whatever it leads to.
func Loopback(host string) bool {
	name := Name(host)
	address := net.ParseIP(name)
	return name == "localhost" || address != nil && address.IsLoopback()
}

// Name is a Host header without its port, the brackets of IPv6 and the dot at a name's end, in lower case.
func Name(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// Protect sets the headers of an answer that no other page is to show, read or guess the type of.
func Protect(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("X-Frame-Options", "DENY")
}
