package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"

	"musc/engine/assets"
)

// writeBOM is the software bill of materials of CycloneDX, in JSON: what is linked in, and the wheels
// that musc setup fetches or the bundle holds, with the files in them.
//
// It is made from what this program knows anyway, the binary's build info and the pins: syft and
// cyclonedx-gomod read the same build info, but know nothing of the page's scripts, the compiler's
// helpers or the wheels, and number each list by chance. Here the number is a hash of the content.
func writeBOM(s *source, modules []*debug.Module, parts []part, wheels []assets.Artifact) ([]byte,
	error) {
	sums := map[string]string{}
	for _, m := range modules {
		sums[m.Path] = m.Sum
	}
	self := cyclonedx.Component{BOMRef: "pkg:generic/musc@" + s.version, Name: "musc", Version: s.version,
		Type: cyclonedx.ComponentTypeApplication, PackageURL: "pkg:generic/musc@" + s.version,
		Licenses: licencesOf("Apache-2.0")}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: s.time.Format(time.RFC3339), Component: &self,
		Properties: &[]cyclonedx.Property{{Name: "musc:commit", Value: s.commit}}}
	var components []cyclonedx.Component
	var linked []string
	for _, p := range parts {
		component := cyclonedx.Component{BOMRef: p.Package, Type: cyclonedx.ComponentTypeLibrary,
			Name: p.Name, Version: p.Version, PackageURL: p.Package, Licenses: licencesOf(p.Licences...),
			Scope: cyclonedx.ScopeRequired, Hashes: moduleHash(sums[p.Name])}
		components = append(components, component)
		linked = append(linked, p.Package)
	}
	for i := range wheels {
		components = append(components, wheelComponent(&wheels[i]))
	}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: self.BOMRef, Dependencies: &linked}}
	content, err := encodeBOM(bom)
	if err != nil {
		return nil, err
	}
	bom.SerialNumber = "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceOID, content).String()
	return encodeBOM(bom)
}

func encodeBOM(bom *cyclonedx.BOM) ([]byte, error) {
	var content bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&content, cyclonedx.BOMFileFormatJSON)
	err := encoder.SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
	return content.Bytes(), err
}

// wheelComponent is a wheel with those of its files that musc uses.
func wheelComponent(a *assets.Artifact) cyclonedx.Component {
	ref := "pkg:pypi/" + strings.ToLower(a.Project) + "@" + a.Version
	var files []cyclonedx.Component
	for _, m := range a.Members {
		files = append(files, cyclonedx.Component{BOMRef: ref + "#" + m.Name, Name: m.Name,
			Type: cyclonedx.ComponentTypeFile, Hashes: hashOf(m.SHA256)})
	}
	return cyclonedx.Component{BOMRef: ref, Type: cyclonedx.ComponentTypeLibrary, Name: a.Project,
		Version: a.Version, Description: a.Title, PackageURL: ref + "?file_name=" + a.Wheel,
		Scope: cyclonedx.ScopeOptional, Hashes: hashOf(a.SHA256), Components: &files,
		Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{Name: a.Licence}}}}
}

// named are the licences of ours that the list of SPDX identifiers does not have.
var named = []string{startLicence, assets.CUDAHeaders.Licence}

// licencesOf are licences by SPDX identifier, or by name where there is none; one with an exception is an
// expression.
func licencesOf(names ...string) *cyclonedx.Licenses {
	if len(names) == 1 && strings.Contains(names[0], " WITH ") {
		return &cyclonedx.Licenses{{Expression: names[0]}}
	}
	var list cyclonedx.Licenses
	for _, name := range names {
		licence := &cyclonedx.License{ID: name}
		if slices.Contains(named, name) {
			licence = &cyclonedx.License{Name: name}
		}
		list = append(list, cyclonedx.LicenseChoice{License: licence})
	}
	return &list
}

func hashOf(sum string) *[]cyclonedx.Hash {
	return &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: sum}}
}

// moduleHash is go.sum's checksum of a module, in hexadecimal; nil for what is no module.
func moduleHash(sum string) *[]cyclonedx.Hash {
	text, ok := strings.CutPrefix(sum, "h1:")
	if !ok {
		return nil
	}
	digest, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return hashOf(hex.EncodeToString(digest))
}
