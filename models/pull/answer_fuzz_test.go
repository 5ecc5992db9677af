package pull

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/fault"
)

// answers gives the same answer to every request.
type answers []byte

func (a answers) RoundTrip(request *http.Request) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(a)), request)
}

// Whatever a hub answers, be it to the rest of a part, a file has the name of the weights if it is the pinned one
// alone, and nothing but a part of it is left beside; no message has the password.
func FuzzAnswer(f *testing.F) {
	const body = "the weights"
	sum := sha256.Sum256([]byte(body))
	pinned := hex.EncodeToString(sum[:])
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"+body), "")
	f.Add([]byte("HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-10/11\r\nEtag: \"v1\"\r\n\r\nweights"), "the ")
	f.Add([]byte("HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-9223372036854775806/9223372036854775807\r\n\r\nweights"), "the ")
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nEtag: W/\"x\"\r\n\r\n3\r\nthe\r\n0\r\n\r\n"), "")
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: http://hub/\r\nX-Linked-Etag: \""+strings.Repeat("0", 64)+"\"\r\n\r\n"), "")
	f.Add([]byte("HTTP/1.1 416 Range\r\n\r\n"), body)
	f.Add([]byte("HTTP/1.1 404 \x1b[31m\r\nContent-Length: -1\r\n\r\n"), "x")
	folder := f.TempDir()
	target := filepath.Join(folder, "tiny.safetensors")
	f.Fuzz(func(t *testing.T, answer []byte, part string) {
		for _, name := range []string{target, target + recordSuffix, target + tagSuffix} {
			os.Remove(name)
		}
		if err := os.WriteFile(target+partSuffix, []byte(part), 0o644); err != nil {
			t.Fatal(err)
		}
		client := &Client{HTTP: &http.Client{Transport: answers(answer)}}
		err := client.fetch(t.Context(), "https://me:secret@hub/x", target, pinned)
		got, missing := os.ReadFile(target)
		if (err == nil) != (missing == nil) || missing == nil && string(got) != body {
			t.Fatalf("%q, %v, %v", got, missing, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Fatal(err)
		}
		if kind := fault.KindOf(err); err != nil && err != errNotFound && kind != fault.Setup && kind != fault.Usage {
			t.Fatalf("%v of kind %v", err, kind)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			switch name := filepath.Join(folder, entry.Name()); name {
			case target, target + recordSuffix, target + partSuffix, target + tagSuffix:
			default:
				t.Fatalf("left behind: %s", name)
			}
		}
	})
}
