package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// description is the document that the server gives, read by a library that knows OpenAPI.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.FileBodyDecoder)
	document, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err == nil {
		err = document.Validate(context.Background())
	}
	return document, err
})

var router = sync.OnceValues(func() (routers.Router, error) {
	document, err := description()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(document)
})

// described checks an answer against the description: its status, headers and every field.
func described(t *testing.T, r *http.Request, response *http.Response, body []byte) {
	t.Helper()
	find, err := router()
	if err != nil {
		t.Fatal(err)
	}
	route, parameters, err := find.FindRoute(r)
	if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusMethodNotAllowed ||
		r.Method == http.MethodHead || errors.Is(err, routers.ErrMethodNotAllowed) ||
		errors.Is(err, routers.ErrPathNotFound) {
		return // what the document says of these stands in its text
	}
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	input := &openapi3filter.ResponseValidationInput{Status: response.StatusCode, Header: response.Header,
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters,
			Route: route},
		Options: &openapi3filter.Options{IncludeResponseStatus: true}}
	input.Body = io.NopCloser(strings.NewReader(string(body)))
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s: the answer is not as described: %v", r.Method, r.URL.Path, err)
	}
}

func TestTheDescriptionIsValid(t *testing.T) {
	if _, err := description(); err != nil {
		t.Fatal(err)
	}
	s := server(t, fake{}, nil)
	if _, text := ask(t, s, "GET", "/openapi.json", nil, nil); string(text) != string(openAPI) {
		t.Error("another document is served")
	}
}

func TestTheDescriptionHasAllPathsAndMethods(t *testing.T) {
	document, err := description()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for path, methods := range New(limits).routes {
		for method := range methods {
			want = append(want, method+" "+path)
		}
	}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			got = append(got, method+" "+path)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("described are %v, answered %v", got, want)
	}
}

// Each schema has the fields of its struct, and requires those that are always there.
func TestTheDescriptionHasAllFields(t *testing.T) {
	document, err := description()
	if err != nil {
		t.Fatal(err)
	}
	structs := map[string]any{"Answer": Answer{}, "Region": Region{}, "Run": Region{}.Runs, "Map": Map{},
		"Box": Box{}, "Scale": Scale{}, "Health": Health{}, "Problem": Problem{}}
	for name := range document.Components.Schemas {
		if structs[name] == nil {
			t.Errorf("there is no struct %s", name)
		}
	}
	for name, value := range structs {
		kind := reflect.TypeOf(value)
		if kind.Kind() == reflect.Slice {
			kind = kind.Elem()
		}
		fields, required := fieldsOf(kind)
		schema := document.Components.Schemas[name].Value
		var described []string
		for field := range schema.Properties {
			described = append(described, field)
		}
		slices.Sort(described)
		slices.Sort(fields)
		needed := slices.Sorted(slices.Values(schema.Required))
		slices.Sort(required)
		if !slices.Equal(described, fields) || !slices.Equal(needed, required) {
			t.Errorf("%s has %v and requires %v; described are %v and %v", name, fields, required, described,
				needed)
		}
	}
}

// fieldsOf are the names of a struct's fields in JSON, and those of them that are never left out.
func fieldsOf(kind reflect.Type) (names, required []string) {
	for i := range kind.NumField() {
		field := kind.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous {
			embedded, needed := fieldsOf(field.Type)
			names, required = append(names, embedded...), append(required, needed...)
			continue
		}
		// A field of the struct hides one of the same name that is embedded.
		names = slices.DeleteFunc(names, func(other string) bool { return other == name })
		required = slices.DeleteFunc(required, func(other string) bool { return other == name })
		names = append(names, name)
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	return names, required
}

// Every kind of problem is described, and no other.
func TestTheDescriptionHasAllKindsOfProblems(t *testing.T) {
	document, err := description()
	if err != nil {
		t.Fatal(err)
	}
	want := []any{kindRequest, kindPhoto, kindToken, kindHost, kindPath, kindMethod, kindSlow, kindSize,
		kindMediaType, kindPixels, kindInternal, kindBusy, kindLoading, kindTime}
	if got := document.Components.Schemas["Problem"].Value.Properties["kind"].Value.Enum; !slices.Equal(got,
		want) {
		t.Errorf("described are %v, used %v", got, want)
	}
}
