package serve

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
)

//go:embed openapi.json
var openAPI []byte

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pagePolicy allows the page its style and its form, and nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// page is for people: what photos are compared with, how to ask with curl, and a form.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	view := struct {
		Style        template.CSS
		Ready, Token bool
		Product      *Product
		Address      string
		Version      string
	}{Style: template.CSS(pageStyle), Token: s.opts.Token != "", Address: "http://" + r.Host,
		Version: s.opts.Version}
	if ready := s.ready.Load(); ready != nil {
		view.Ready, view.Product = true, &ready.product
	}
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, view); err != nil {
		problem(w.(*watchedWriter), &failure{status: http.StatusInternalServerError, kind: kindInternal,
			text: err.Error()})
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Write(text.Bytes()) // who went away needs no answer
}

func (s *Server) description(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(openAPI)
}

// Health says whether photos can be scored.
type Health struct {
	Status string `json:"status"`           // ready or loading
	Bank   string `json:"bank,omitempty"`   // its ID
	Photos int    `json:"photos,omitempty"` // good ones in it
	Model  string `json:"model,omitempty"`
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	ready := s.ready.Load()
	if ready == nil {
		send(w, http.StatusServiceUnavailable, Health{Status: "loading"})
		return
	}
	send(w, http.StatusOK, Health{"ready", ready.product.Bank, ready.product.Photos, ready.product.Model})
}
