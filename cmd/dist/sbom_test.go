package main

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/CycloneDX/cyclonedx-go"

	"musc/engine/assets"
)

func goModule(path, version string) *debug.Module { return &debug.Module{Path: path, Version: version} }

func testSource() *source {
	return &source{version: "1.2.3", commit: strings.Repeat("ab", 20), time: time.Unix(1700000000, 0).UTC()}
}

func testParts() []part {
	return []part{{Name: "a.org/b", Version: "v1.0.0", Package: "pkg:golang/a.org/b@v1.0.0",
		Licences: []string{"MIT", "OFL-1.1"}, Texts: []text{{"LICENSE", "words of b"}}},
		{Name: "start", Version: "2", Package: "pkg:generic/start@2", Licences: []string{startLicence},
			Texts: []text{{"start.S", "words of start"}}}}
}

func TestBillOfMaterials(t *testing.T) {
	m := goModule("a.org/b", "v1.0.0")
	m.Sum = "h1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	wheel := assets.Artifact{Title: "T", Project: "tools", Version: "3", Wheel: "tools-3.whl", SHA256: "ff",
		Licence: "BSD-like", Members: []assets.Member{{Name: "lib.so", SHA256: "ee"}}}
	write := func(s *source) []byte {
		content, err := writeBOM(s, []*debug.Module{m}, testParts(), []assets.Artifact{wheel})
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	content := write(testSource())
	if !bytes.Equal(content, write(testSource())) {
		t.Error("written twice, it differs")
	}
	var bom cyclonedx.BOM
	if err := json.Unmarshal(content, &bom); err != nil {
		t.Fatal(err)
	}
	later := testSource()
	later.time = later.time.Add(time.Second)
	var other cyclonedx.BOM
	if err := json.Unmarshal(write(later), &other); err != nil || other.SerialNumber == bom.SerialNumber {
		t.Errorf("another content has the same number %s, %v", other.SerialNumber, err)
	}
	if self := bom.Metadata.Component; self.Name != "musc" || self.Version != "1.2.3" ||
		bom.Metadata.Timestamp != "2023-11-14T22:13:20Z" {
		t.Errorf("%+v", bom.Metadata)
	}
	components := *bom.Components
	if len(components) != 3 {
		t.Fatalf("%d components", len(components))
	}
	if c := components[0]; c.PackageURL != "pkg:golang/a.org/b@v1.0.0" || (*c.Hashes)[0].Value !=
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" || len(*c.Licenses) != 2 ||
		(*c.Licenses)[1].License.ID != "OFL-1.1" {
		t.Errorf("module: %+v", c)
	}
	if licence := (*components[1].Licenses)[0].License; licence.ID != "" || licence.Name != startLicence {
		t.Errorf("licence without an identifier: %+v", licence)
	}
	if licences := *licencesOf(llvmLicence); len(licences) != 1 || licences[0].Expression != llvmLicence {
		t.Errorf("licence with an exception: %+v", licences)
	}
	if c := components[2]; (*c.Hashes)[0].Value != "ff" || (*c.Components)[0].Name != "lib.so" ||
		(*(*c.Components)[0].Hashes)[0].Value != "ee" || (*c.Licenses)[0].License.Name != "BSD-like" {
		t.Errorf("wheel: %+v", c)
	}
	if linked := *(*bom.Dependencies)[0].Dependencies; strings.Join(linked, " ") !=
		"pkg:golang/a.org/b@v1.0.0 pkg:generic/start@2" {
		t.Errorf("linked in: %q", linked)
	}
}
