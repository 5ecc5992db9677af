package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"musc/engine/atomicfile"
	"musc/engine/fault"
	"musc/engine/results"
	"musc/engine/wholefile"
)

//go:embed page.html scripts/*.js styles/*.css vendored/*/*.js vendored/*/*.css
var files embed.FS

// scripts and styles are what the page is made of, in the order in which it is read. The scripts of
// the page itself have one scope: script joins them, each after those that it uses.
var (
	libraries = []string{"vendored/preact/preact.umd.js", "vendored/preact/hooks.umd.js",
		"vendored/htm/htm.umd.js", "vendored/uplot/uPlot.iife.min.js"}
	scripts = []string{"data", "thresholds", "maps", "regions", "verdicts", "csv", "parts", "keys",
		"histogram", "card", "grid", "evidence", "large", "panels", "toolbar", "app"}
	styles = []string{"vendored/uplot/uPlot.min.css", "styles/page.css", "styles/grid.css",
		"styles/large.css", "styles/print.css"}
)

// shell is the page with all but its data.
type shell struct {
	Title   string
	Policy  string
	Styles  []template.CSS
	Scripts []template.JS
	Data    template.JS
}

var pageTemplate = template.Must(template.ParseFS(files, "page.html"))

// dataStart is what stands before the data in the page. The data are JSON without the character "<"
// (json.Marshal writes \u003c), so that nothing in them ends their element or looks like this.
const dataStart = `<script type="application/json" id="data">`

// Write writes folder/report.html: one file that needs nothing else, but for those pictures of data
// that are paths. All texts of data are shown as they are and never read as HTML or as scripts.
//
// Data that JSON cannot hold, a score that is not finite, are of kind fault.Input; what the disk
// refuses is of kind fault.Output. A former page then stays.
func Write(folder string, data *Data) error {
	path := filepath.Join(folder, results.ReportFile)
	marshalled, err := json.Marshal(data)
	if err != nil {
		return fault.New(fault.Input, "cannot write %s: %w; leave out the image with a score that is no "+
			"number", path, err)
	}
	s, err := newShell(data, marshalled)
	if err != nil {
		return err
	}
	return atomicfile.Save(path, func(w io.Writer) error { return pageTemplate.Execute(w, s) })
}

func newShell(data *Data, marshalled []byte) (*shell, error) {
	s := &shell{Title: title(data), Data: template.JS(marshalled)}
	for _, name := range styles {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		s.Styles = append(s.Styles, template.CSS(text))
	}
	for _, name := range libraries {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		s.Scripts = append(s.Scripts, template.JS(text))
	}
	own, err := script()
	if err != nil {
		return nil, err
	}
	s.Scripts = append(s.Scripts, template.JS(own))
	s.Policy = policy(s.Scripts, s.Styles)
	return s, nil
}

// script joins the page's own scripts in one function, so that they have no names in common with the
// browser or the libraries.
func script() (string, error) {
	var all strings.Builder
	all.WriteString("(() => {\n\"use strict\";\n")
	for _, name := range scripts {
		text, err := fs.ReadFile(files, "scripts/"+name+".js")
		if err != nil {
			return "", err
		}
		all.Write(text)
	}
	all.WriteString("})();\n")
	return all.String(), nil
}

// policy allows the page's own scripts and styles by their sums and nothing else: whatever a name
// holds, it is not run. Pictures are in the page or beside it; connections are those to musc view.
func policy(scripts []template.JS, styles []template.CSS) string {
	var scriptSums, styleSums strings.Builder
	for _, text := range scripts {
		scriptSums.WriteString(" " + sum(string(text)))
	}
	for _, text := range styles {
		styleSums.WriteString(" " + sum(string(text)))
	}
	return fmt.Sprintf("default-src 'none'; script-src%s; style-src%s; img-src 'self' data:; "+
		"connect-src 'self'; base-uri 'none'; form-action 'none'", scriptSums.String(), styleSums.String())
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
}

func title(data *Data) string {
	if data.Images == 1 {
		return "1 photo scored by musc"
	}
	return fmt.Sprintf("%d photos scored by musc", data.Images)
}

// MostBytes bounds a page that is read: one of 100,000 photos with pictures in it has a tenth of that.
const MostBytes = 1 << 32

// Read reads the data back out of a page that Write wrote. A file that cannot be read, or that is no
// such page, is of kind fault.Input.
func Read(path string) (*Data, error) {
	text, err := wholefile.ReadRegular(path, MostBytes)
	if err != nil {
		return nil, fault.New(fault.Input, "cannot read the report: %w; score the photos again", err)
	}
	_, marshalled, _, found := Cut(text)
	if !found {
		return nil, fault.New(fault.Input, "cannot read the report %s: there are no data in it; score "+
			"the photos again", path)
	}
	data := new(Data)
	if err := json.Unmarshal(marshalled, data); err != nil {
		return nil, fault.New(fault.Input, "cannot read the data of the report %s: %w; score the photos "+
			"again", path, err)
	}
	return data, nil
}

// Cut divides a report into what stands before its data, the data as JSON, and what follows.
func Cut(text []byte) (before, data, after []byte, found bool) {
	before, rest, found := bytes.Cut(text, []byte(dataStart))
	end := bytes.IndexByte(rest, '<')
	if !found || end < 0 {
		return text, nil, nil, false
	}
	return before, rest[:end], rest[end:], true
}
