package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of forms anew")

// shapes are forms of what others read, in sections: lines such as "thresholds.threshold  number".
type shapes map[string][]string

// golden compares the shapes with a file in testdata/forms.
func (s shapes) golden(t *testing.T, name string) {
	t.Helper()
	var text strings.Builder
	for _, section := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&text, "[%s]\n%s\n\n", section, strings.Join(s[section], "\n"))
	}
	path := filepath.Join("testdata", "forms", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) == text.String() {
		return
	}
	was, is := inSections(string(want)), inSections(text.String())
	for _, line := range slices.Sorted(maps.Keys(was)) {
		if !is[line] {
			t.Errorf("gone: %s", line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(is)) {
		if !was[line] {
			t.Errorf("new: %s", line)
		}
	}
	t.Errorf("this form is documented as stable: see docs/stable.md for what may change, say it there and "+
		"in docs/changelog.md, then run go test ./cmd/musc -run %s -update", t.Name())
}

// inSections are the lines of a golden file, each behind its section.
func inSections(text string) map[string]bool {
	lines, section := map[string]bool{}, ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "[") {
			section = line
		} else if line != "" {
			lines[section+" "+line] = true
		}
	}
	return lines
}

// closed are fields whose own fields are in another section, mostly of records.txt.
var closed = map[string]string{"calibration": ofBank, "calibration_before": ofBank, "model": ofBank,
	"photos": ofBank, "settings": ofBank, "shape": ofBank, "entry": "as in a line of musc watch"}

const ofBank = "as in the header of a bank"

// keyed are objects whose keys are data: names, verdicts, phases.
var keyed = []string{"verdicts", "counts", "quantiles", "types", "sizes"}

// fields are the fields of JSON objects of one kind with their types; those that not all objects have
// are marked.
func fields(t *testing.T, objects ...string) []string {
	t.Helper()
	types, seen := map[string][]string{}, map[string]int{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		kind := "null"
		if as := closed[strings.TrimSuffix(path, "[]")]; as != "" {
			types[path] = []string{as}
			return
		}
		switch value := value.(type) {
		case bool:
			kind = "bool"
		case float64:
			kind = "number"
		case string:
			kind = "string"
		case []any:
			kind = "list"
			for _, element := range value {
				if path == "notes" { // how many there are is the machine's affair
					break
				}
				walk(path+"[]", element)
			}
		case map[string]any:
			kind = "object"
			for key, element := range value {
				name := path[strings.LastIndex(path, ".")+1:]
				if slices.Contains(keyed, name) {
					key = "*"
				}
				walk(strings.TrimPrefix(path+"."+key, "."), element)
			}
		}
		seen[path]++
		if !slices.Contains(types[path], kind) {
			types[path] = append(types[path], kind)
		}
	}
	for _, text := range objects {
		var value map[string]any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		walk("", value)
	}
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(types)) {
		if path == "" {
			continue
		}
		slices.Sort(types[path])
		line := path + "  " + strings.Join(types[path], " or ")
		if closed[path] != "" {
			lines = append(lines, line)
			continue
		}
		parent := path[:max(0, strings.LastIndex(path, "."))]
		if !strings.HasSuffix(path, "[]") && !strings.HasSuffix(path, "*") && seen[path] < seen[parent] {
			line += ", not always"
		}
		lines = append(lines, line)
	}
	return lines
}

// fieldsOf are the fields of a struct as it is written as JSON. What is in an interface is that of the
// value.
func fieldsOf(value any) (lines []string) {
	var walk func(path string, kind reflect.Type, value reflect.Value, note string)
	text := reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()
	custom := reflect.TypeFor[json.Marshaler]()
	walk = func(path string, kind reflect.Type, value reflect.Value, note string) {
		add := func(what string) { lines = append(lines, path+"  "+what+note) }
		if kind.Implements(text) || reflect.PointerTo(kind).Implements(text) {
			add("string")
			return
		}
		switch kind.Kind() {
		case reflect.Pointer:
			walk(path, kind.Elem(), reflect.Value{}, note+" or null")
		case reflect.Interface:
			if !value.IsValid() || value.IsNil() {
				add("any")
				return
			}
			walk(path, value.Elem().Type(), value.Elem(), note)
		case reflect.Struct:
			if path != "" {
				add("object")
			}
			if kind.Implements(custom) && note == "" {
				lines[len(lines)-1] += ", fields left out by its own rule"
			}
			for i := range kind.NumField() {
				field := kind.Field(i)
				name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
				if name == "-" || !field.IsExported() {
					continue
				}
				below := reflect.Value{}
				if value.IsValid() {
					below = value.Field(i)
				}
				if field.Anonymous && name == "" {
					walk(path, field.Type, below, "")
					continue
				}
				if name == "" {
					name = field.Name
				}
				left := ""
				if strings.Contains(options, "omit") {
					left = ", left out when empty"
				}
				walk(strings.TrimPrefix(path+"."+name, "."), field.Type, below, left)
			}
		case reflect.Slice, reflect.Array:
			if kind.Elem().Kind() == reflect.Uint8 && kind.Kind() == reflect.Slice {
				add("string, base64")
				return
			}
			add("list")
			walk(path+"[]", kind.Elem(), reflect.Value{}, "")
		case reflect.Map:
			add("object")
			walk(path+".*", kind.Elem(), reflect.Value{}, "")
		case reflect.Bool:
			add("bool")
		case reflect.String:
			add("string")
		default:
			add("number")
		}
	}
	walk("", reflect.TypeOf(value), reflect.ValueOf(value), "")
	return lines
}
