package reproduce

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"musc/engine"
	"musc/engine/plain"
	"musc/engine/report"
	"musc/engine/report/page"
	"musc/engine/results"
)

// passing are the fields of run.json that two runs of the same do not share, or that say how they were
// computed and not what came of it.
var passing = []string{"tool", "started", "command", "plan_id", "model", "runtime", "decoders", "machine",
	"timings", "hosts", "repeat"}

// lasting are the other fields, their values in one way of writing.
func lasting(fields map[string]json.RawMessage) (map[string]string, error) {
	left := map[string]string{}
	for name, value := range fields {
		if slices.Contains(passing, name) {
			continue
		}
		if name == "warnings" {
			var err error
			if value, err = lastingWarnings(value); err != nil {
				return nil, err
			}
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			return nil, err
		}
		left[name] = compact.String()
	}
	return left, nil
}

// lastingWarnings are warnings but those that a folder with results of musc was passed by: there may be more
// of them now.
func lastingWarnings(value json.RawMessage) (json.RawMessage, error) {
	var warnings []string
	if err := json.Unmarshal(value, &warnings); err != nil {
		return nil, err
	}
	warnings = slices.DeleteFunc(warnings, func(text string) bool {
		return strings.HasSuffix(text, "results of an earlier musc run")
	})
	return json.Marshal(append([]string{}, warnings...)) // none are [], not null
}

func lastingRun(text []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	left, err := lasting(fields)
	if err != nil {
		return nil, err
	}
	return json.Marshal(left)
}

// lastingReport is a report without when, how fast and by which command it was made.
func lastingReport(text []byte) ([]byte, error) {
	before, data, after, found := page.Cut(text)
	if !found {
		return nil, errors.New("no report")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	var parameters []page.Parameter
	if err := json.Unmarshal(fields["run"], &parameters); err != nil {
		return nil, err
	}
	parameters = slices.DeleteFunc(parameters, func(p page.Parameter) bool {
		return p.Name == "started" || p.Name == "backbone" || p.Name == "mutual scoring" || p.Name == "decoders" ||
			strings.HasPrefix(p.Name, "time: ")
	})
	left, err := lasting(fields)
	if err != nil {
		return nil, err
	}
	delete(left, "run")
	rest, err := json.Marshal([]any{left, parameters})
	return slices.Concat(before, rest, after), err
}

// runInWords names the fields of run.json that differ.
func (c *comparer) runInWords() string {
	olds, errOld := lasting(c.then.Fields)
	news, errNew := lasting(c.now.Fields)
	if errOld != nil || errNew != nil {
		return "other bytes"
	}
	all := maps.Clone(olds)
	maps.Copy(all, news)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if olds[name] != news[name] {
			names = append(names, name)
		}
	}
	return "differs in " + strings.Join(names, ", ")
}

// wasEdited says whether a result is not the one that the run wrote, where the record says which that is. The
// file is read once.
func (r *Record) wasEdited(name string) bool {
	if r.Run.Repeat == nil || r.Run.Repeat.Results[name] == "" {
		return false
	}
	edited, known := r.edited[name]
	if !known {
		digest, err := engine.Digest(filepath.Join(r.Folder, name))
		edited = err == nil && digest != r.Run.Repeat.Results[name]
		if r.edited == nil {
			r.edited = map[string]bool{}
		}
		r.edited[name] = edited
	}
	return edited
}

// mapsDiffer says how far apart maps are; "" if the files are none, or not of one size.
func (c *comparer) mapsDiffer(names []string) string {
	largest, where := 0.0, ""
	for _, name := range names {
		if !strings.HasPrefix(name, results.MapsFolder+"/") {
			return ""
		}
		old, width, height, errOld := report.ReadMap(filepath.Join(c.then.Folder, name))
		new, newWidth, newHeight, errNew := report.ReadMap(filepath.Join(c.now.Folder, name))
		if errOld != nil || errNew != nil || width != newWidth || height != newHeight {
			return ", and not all are maps of the same size"
		}
		for k, value := range old {
			by := apart(float64(value), float64(new[k]))
			if by > largest || where == "" {
				largest, where = by, name
			}
		}
	}
	return " by at most " + number(largest) + " (" + plain.InSentence(where) + ")"
}
