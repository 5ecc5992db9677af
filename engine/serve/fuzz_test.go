package serve

import (
	"bytes"
	"net/http"
	"testing"
)

// Whatever is sent as whatever, the answer is one that the description has, and no failure of the server.
func FuzzRequest(f *testing.F) {
	good := photo(3, 2, 9)
	one, oneType := form(good, "a.png")
	two, twoType := form(good, "a.png", "b.png")
	f.Add(good, "image/png", "")
	f.Add(one.Bytes(), oneType, "name=a%20b")
	f.Add(two.Bytes(), twoType, "map=png")
	f.Add([]byte("--x\r\n\r\n--x--"), "multipart/form-data; boundary=x", "name=%ff")
	s := server(f, fake{}, nil)
	f.Fuzz(func(t *testing.T, body []byte, mediaType, query string) {
		response, text := ask(t, s, "POST", "/v1/score", bytes.NewReader(body), func(r *http.Request) {
			r.Header.Set("Content-Type", mediaType)
			r.URL.RawQuery = query
		})
		if response.StatusCode >= 500 {
			t.Fatalf("%d: %s", response.StatusCode, text)
		}
	})
}
