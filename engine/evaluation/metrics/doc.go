// Package metrics measures scores and anomaly maps against labels and masks (SPEC section 6).
//
// Every metric is an integral or a maximum over thresholds. The scores are gone through once, from
// the highest down, one distinct score (a level) at a time. With TP, FP the defective and the good
// items at or above the level, P and Q all of them, and d the change a level brings:
//
//	AUROC     sum of dFP (TP before + TP) / (2 P Q)              trapezoids: ties count one half
//	AP        sum of dTP/P * TP/(TP+FP)                          steps, no interpolation
//	F1-max    largest 2 TP / (TP + FP + P)                       over every distinct score
//	PRO       area under the mean over regions of the share found, against FP/Q below 0.3:
//	          200 evenly spaced thresholds, the FP/Q axis rescaled to [0,1]     (MuSc's tables)
//	MVTec PRO the same over all thresholds, up to exactly 0.3, divided by 0.3   (Bergmann et al.)
//	AUPIMO    mean over defective images of the area under the image's own recall against the
//	          logarithm of FP/Q over the good images, from 1e-5 to 1e-4, divided by ln 10
//	          (Bertoldo et al., BMVC 2024)
//
// At the image level an item is an image; at the pixel level it is a pixel, all pixels of all
// images together. Regions are connected by edges or corners (8 neighbours).
//
// Pixels are float32. Their order is found by distributing keys of 32 bits, upper half first, so
// that 54 million pixels take seconds and two bytes each; levelsOf in definition.go is the
// same by sorting.
package metrics
