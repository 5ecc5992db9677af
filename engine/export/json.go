package export

import (
	"encoding/json"
	"io"

	"musc/engine/atomicfile"
)

// jsonWriter writes a JSON text, of which one value at a time is in memory, a line a value. The
// first error stays in err, and nothing is written after it.
type jsonWriter struct {
	w    io.Writer
	next string // what comes before the next value of the object or array that is open
	err  error
}

// saveJSON writes a file: open and shut are the brackets of an object or an array.
func saveJSON(path, open, shut string, write func(w *jsonWriter) error) error {
	return atomicfile.Save(path, func(file io.Writer) error {
		w := &jsonWriter{w: file, next: "\n"}
		w.raw(open)
		if err := write(w); err != nil {
			return err
		}
		w.raw("\n" + shut + "\n")
		return w.err
	})
}

// member writes a name and its value into the object.
func (w *jsonWriter) member(name string, value any) {
	w.raw(w.next + `"` + name + `": `)
	w.value(value)
}

// element writes the next value into the array. The error is w.err.
func (w *jsonWriter) element(value any) error {
	w.raw(w.next)
	w.value(value)
	return w.err
}

// array writes a name, and as its value an array whose elements write gives.
func (w *jsonWriter) array(name string, write func() error) error {
	w.raw(w.next + `"` + name + `": [`)
	w.next = "\n"
	if err := write(); err != nil {
		return err
	}
	w.raw("\n]")
	w.next = ",\n"
	return w.err
}

func (w *jsonWriter) value(value any) {
	coded, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.raw(string(coded))
	w.next = ",\n"
}

func (w *jsonWriter) raw(text string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.w, text)
	}
}
