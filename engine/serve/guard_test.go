package serve

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestHostsAreThoseOfTheServer(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		exposure     Exposure
		yes, no      string
		token, hosts string
	}{
		{exposure: Loopback, yes: "127.0.0.1:8080 localhost localhost. LOCALHOST:1 [::1]:8080 127.9.9.9",
			no: "evil.example 10.0.0.5:8080 127.0.0.1.evil.example localhost.evil 0.0.0.0 " + machine + ".evil"},
		{exposure: Network, yes: "127.0.0.1 10.0.0.5:8080 [fe80::1]:80 localhost " + machine + " " + machine + ":80",
			no: "evil.example 10.0.0.5.evil.example " + machine + ".evil"},
		{exposure: Network, hosts: "musc.lab", yes: "musc.lab MUSC.lab:8080 musc.lab. 10.0.0.5", no: "musc.evil"},
		{exposure: Loopback, hosts: "musc.lab", yes: "musc.lab localhost", no: "10.0.0.5"},
		{exposure: Socket, yes: "anything localhost", no: ""},
		{exposure: Network, token: "secret", yes: "anything evil.example", no: ""},
	} {
		s := server(t, fake{}, func(o *Options) { o.Local, o.Token, o.Hosts = c.exposure, c.token, strings.Fields(c.hosts) })
		for want, hosts := range map[int]string{200: c.yes, 403: c.no} {
			for _, host := range strings.Fields(hosts) {
				response, text := ask(t, s, "GET", "/healthz", nil, func(r *http.Request) { r.Host = host })
				if response.StatusCode != want {
					t.Errorf("%+v: %q: %d %s", c, host, response.StatusCode, text)
				}
			}
		}
	}
	s := server(t, fake{}, nil)
	response, text := ask(t, s, "GET", "/healthz", nil, func(r *http.Request) { r.Host = "" })
	wants(t, "no host", response, text, 403, kindHost, "--host")
}

// A browser sends requests for whatever page asks it to, and says so.
func TestOtherPagesAreRefused(t *testing.T) {
	s := server(t, fake{}, nil)
	for _, c := range []struct {
		origin, site string
		status       int
	}{
		{"", "", 200}, // curl
		{"http://127.0.0.1:8080", "", 200},
		{"http://127.0.0.1:8080", "same-origin", 200},
		{"null", "same-origin", 200}, // the form of this server's page
		{"", "none", 200},            // the address bar
		{"http://evil.example", "", 403},
		{"null", "", 403},
		{"http://127.0.0.1:8081", "", 403},
		{"http://evil.example", "cross-site", 403},
		{"", "same-site", 403},
	} {
		response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(photo(3, 3, 1)), func(r *http.Request) {
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
		})
		if response.StatusCode != c.status {
			t.Errorf("%+v: %d %s", c, response.StatusCode, text)
		}
	}
}

func TestTheTokenIsWanted(t *testing.T) {
	s := server(t, fake{}, func(o *Options) { o.Token = "0123456789abcdef" })
	for header, want := range map[string]int{"": 401, "Bearer": 401, "Bearer ": 401, "Bearer 0123456789abcde": 401,
		"Bearer 0123456789abcdefg": 401, "Basic 0123456789abcdef": 401, "0123456789abcdef": 401,
		"Bearer 0123456789ABCDEF": 401, "Bearer 0123456789abcdef": 200, "bearer  0123456789abcdef ": 200} {
		for path, method := range map[string]string{"/metrics": "GET", "/v1/score": "POST"} {
			response, text := ask(t, s, method, path, bytes.NewReader(photo(3, 3, 1)), func(r *http.Request) {
				r.Header.Set("Authorization", header)
			})
			if response.StatusCode != want {
				t.Errorf("%s with %q: %d", path, header, response.StatusCode)
			}
			if want == 401 {
				wants(t, header, response, text, 401, kindToken, "Bearer TOKEN")
			}
		}
	}
	for _, path := range []string{"/", "/healthz", "/openapi.json"} {
		if response, _ := ask(t, s, "GET", path, nil, nil); response.StatusCode != 200 {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
	if response, _ := ask(t, s, "GET", "/other", nil, nil); response.StatusCode != 401 {
		t.Errorf("what there is not: %d", response.StatusCode)
	}
	if _, text := ask(t, s, "GET", "/", nil, nil); bytes.Contains(text, []byte("0123456789abcdef")) ||
		bytes.Contains(text, []byte("<form")) || !bytes.Contains(text, []byte(`Bearer $TOKEN`)) {
		t.Errorf("the page is %s", text)
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	s := New(limits)
	odd := product
	odd.Bank, odd.Model = "<script>alert(1)</script>", `"><img alt=x>`
	s.Ready(fake{}, odd)
	response, text := ask(t, s, "GET", "/", nil, nil)
	page := string(text)
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") ||
		strings.Contains(policy, "unsafe") || !strings.Contains(policy, "form-action 'self'") {
		t.Errorf("the policy is %s", policy)
	}
	for _, never := range []string{"<script", "<img", "src=", "https://", "@import", "url("} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %s", never)
		}
	}
	for _, want := range []string{`curl -F photo=@part.png "http://127.0.0.1:8080/v1/score?map=png"`,
		`action="v1/score"`, "multipart/form-data", "12 good photos", "0.5000", "&lt;script&gt;",
		"<style>" + pageStyle + "</style>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s: %s", want, page)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cross-Origin-Resource-Policy": "same-origin"} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}
