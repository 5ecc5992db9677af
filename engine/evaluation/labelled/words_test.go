package labelled

import (
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestWordsPeopleWrite(t *testing.T) {
	for want, list := range map[string]string{
		"good": `good;Good;GOOD; good ;ok;OK;O.K.;okay;normal;Normal;negative;pass;Passed;fine;false;FALSE;no;
			none;0;0.0;0,0;0e0;00;-0;no defect;no_defect;No-Defect;nodefect;defect-free;defect free;non-defective;
			non_defective;Non Defective;not defective;unanomalous;healthy;clean;intact;ano_0;label 0;accepted;
			inlier;good parts;OK_images;normal samples;gut;Gutteil;IO;i.O.;in Ordnung;fehlerfrei;良品;正常;OK (part)`,
		"defective": `1;1.0;1,0;1e0;01;true;TRUE;Yes;positive;+1`,
		"itself": `defective;bad;ng;nok;not ok;not_ok;not-ok;ko;fail;failed;defect;anomaly;anomalous;abnormal;
			faulty;broken;damaged;reject;outlier;schlecht;nio;n.i.o.;fehlerhaft;ausschuss;不良;not good;no good;
			not normal;scratch;crack;hole;bent_wire;broken_large;color;cut_inner_insulation;faulty_imprint;
			pill_type;manipulated_front;gray_stroke;metal_contamination;damaged_case;fabric_border;split_teeth;
			logical_anomalies;structural_anomalies;missing_cable;thread_top;cable_swap;glue_strip;misplaced;
			minor defect;surface scratches;defective parts`,
		"error": ` ;2;-1;0.5;1.5;nan;inf;maybe;goood;blorp;no scratch;not broken;scratch-free;scratch free;
			ok scratch;without cracks;unsure;images;good bad;N/A;Kratzer`,
	} {
		for text := range strings.SplitSeq(list, ";") {
			text = strings.Trim(text, "\n\t")
			label, err := ParseLabel(text)
			expect := want
			if want == "itself" {
				expect = strings.ToLower(text)
			}
			if want == "error" {
				if label != "" || fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), knownWords) {
					t.Errorf("%q: %q, %v", text, label, err)
				}
			} else if err != nil || label != expect {
				t.Errorf("%q: %q, %v, want %q", text, label, err, expect)
			}
		}
	}
}

func TestWhatIsWrongWithALabelIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"":      "there is no label; write one",
		"blorp": `the label "blorp" is not understood; write one of good, ok, normal`,
	} {
		if _, err := ParseLabel(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNamesThatMayBeMeantAsGood(t *testing.T) {
	for name, want := range map[string]bool{"good_old": true, "not_scratched": true, "without dents": true,
		"scratch": false, "blorp": false, "": false} {
		if looksGood(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
