package labelled

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// meaning is what a word says about an image.
type meaning int

const (
	unknown   meaning = iota
	good              // no defect
	defective         // a defect, of whatever type
	defect            // the name of a type of defect
)

// Words that people and their tools write for an image without a defect and for one with: the
// answers to "is it good?" are taken as they read, those to "is it defective?" (yes, true, 1)
// likewise, since a label's column asks that. They are compared without letter case, blanks,
// hyphens, underscores and dots; 0 and 1 are understood in any form of a number.
var (
	goodWords = words(`good goods ok okay normal norm nominal regular negative pass passed passing
		accept accepted acceptable fine false no none healthy clean intact flawless perfect inlier
		conforming conform conformant undamaged unbroken unanomalous nonanomalous nonanomaly nondefective
		nondefect nonfaulty noanomaly noanomalies nodefect nodefects nofault nofaults nodamage notdefective
		notanomalous notdamaged notfaulty withoutdefect withoutdefects defectfree defectless faultfree
		faultless anomalyfree damagefree flawfree zerodefect ano0 label0 class0
		gut gutteil gutteile io inordnung fehlerfrei fehlerlos einwandfrei normalteil
		bon bonne conforme sansdéfaut sansdefaut bueno buena sindefecto buono buona bom boa goed
		良品 良 合格 正常 正常品 無欠陥 정상 양품 합격`)
	defectiveWords = words(`defective defectives defect defects bad ng nok notok notgood nogood ko fail
		failed failing failure faulty fault faults positive true yes anomaly anomalous anomalies abnormal
		abnormality notnormal nonnormal outlier broken damaged damage flaw flawed reject rejected scrap
		nonconforming nonconform unacceptable notaccepted notpassed unhealthy ano1 label1 class1
		schlecht schlechtteil schlechtteile nio nichtinordnung nichtio fehler fehlerhaft defekt ausschuss
		mauvais mauvaise nonconforme défaut defaut malo mala defecto defectuoso defectuosa difetto
		difettoso scarto ruim defeito defeituoso slecht
		不良 不良品 不合格 异常 異常 缺陷 欠陥 불량 불량품 불합격`)
)

// typeWords are words in the names of types of defect, of the published data sets first: any of them
// makes a label such as bent_wire one.
var typeWords = words(`scratch scratches scratched crack cracks cracked hole holes dent dents dented bent
	bend broken breakage break cut cuts contamination contaminated combined missing misplaced swap
	poke squeeze squeezed squeezing print imprint color colour discolored discoloration thread
	threads glue fold folded flip flipped rough roughness oil liquid manipulated stroke damaged damage
	split pilltype border interior logical structural stain stains stained spot spots dirt dirty dust
	foreign particle particles chip chips chipped burr burrs bubble bubbles corrosion corroded rust
	rusty burn burnt burned deformed deformation wrinkle wrinkles tear torn leak leakage short open
	spur pinhole void voids pit pits pitted inclusion patches crazing scale rolled melt melted
	weak loose gap blob smear fracture fractured warped wear worn peeling abrasion bruise mold
	mould pollution exposed offset fray faulty defect defective anomaly anomalies anomalous`)

// things may follow or precede a word without changing it: good parts, OK_images.
var things = words(`image images img imgs photo photos picture pictures pic pics part parts sample
	samples product products item items piece pieces class`)

// negations turn what follows or precedes around, so that such a name is no type of defect.
var negations = words(`no non not un without free zero less kein keine ohne sans sin senza`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// parts divides a label into its words, in lower case.
func parts(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("_-.,;:/()'\"", r)
	})
}

// meaningOf looks a label up. It is good or defective if the table has it, or is 0 or 1; a name of
// a type of defect if one of its words is known from such names and none denies.
func meaningOf(text string) meaning {
	number := strings.Replace(strings.TrimSpace(text), ",", ".", 1)
	if value, err := strconv.ParseFloat(number, 64); err == nil {
		switch value {
		case 0:
			return good
		case 1:
			return defective
		}
		return unknown
	}
	list := parts(text)
	for _, words := range [][]string{list, without(list, things)} {
		switch word := strings.Join(words, ""); {
		case goodWords[word]:
			return good
		case defectiveWords[word]:
			return defective
		}
	}
	if !slices.ContainsFunc(list, in(negations)) && !slices.ContainsFunc(list, in(goodWords)) &&
		(slices.ContainsFunc(list, in(typeWords)) || typeWords[strings.Join(list, "")]) {
		return defect
	}
	return unknown
}

func in(set map[string]bool) func(string) bool {
	return func(word string) bool { return set[word] }
}

func without(list []string, set map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(list), in(set))
}

// looksGood is whether a folder that is not understood as good might be meant so: a word in its
// name says good, or denies.
func looksGood(name string) bool {
	list := parts(name)
	return slices.ContainsFunc(list, in(goodWords)) || slices.ContainsFunc(list, in(negations))
}

// knownWords names the words of the table that people write most, for messages.
const knownWords = "good, ok, normal, pass, negative, 0, false, no for good ones; defective, bad, ng, " +
	"anomaly, fail, positive, 1, true, yes for the others"
