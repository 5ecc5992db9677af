// Package engine scores a batch of unlabeled photos of one product by MuSc (ICLR 2024): no
// training, no labels. Score is the whole method and the place to start reading; each step is a
// package of its own, in the order in which the data flows:
//
//	dataset     files -> images to score, subsets
//	frame       which part of a photo is looked at, and as how many views (tiles, turns) on the patch grid
//	imageio     file -> [H,W,3] pixels -> [3,S,S] normalised input
//	backbone    [B,3,S,S] -> patch tokens [B,P,C] of each stage, class tokens [B,D]
//	features    the patch tokens of all images, in memory or in a mapped file
//	lnamd       patch tokens -> aggregated patch tokens of one degree
//	mutual      aggregated patch tokens -> patch scores [N,P]    (MSM, the hot loop); mutual/trust
//	            chooses what computes them, and tests a GPU before its first use
//	anomalymap  patch scores -> anomaly map [H,W], image score
//	rscin       image scores + class tokens -> image scores
//	verdict     image scores -> thresholds; patch scores -> regions of defects
//	report      scores.csv, run.json, maps, overlays; report/page the HTML page
//
// A large batch, or one that must survive being stopped, is a plan with tasks; musc score is one of them in
// a single process:
//
//	tasks    plan, tasks and their parts, merging, going on; its Worker drives a Pipeline
//	cluster  what Slurm and Kubernetes are told of a plan
//
// Package bank is the file that keeps the tokens of good photos, by which single photos are scored; the
// files bank*.go here make and change it.
//
// What helps to believe the scores: evidence says why a patch has its score, health whether the batch
// is fit to be scored, reproduce whether a run gives again what its record says. export writes the
// defects for other tools, view serves the page to this machine.
// An Inspector scores one photo after the other by a bank: watch drives it as photos arrive in a folder,
// serve as they are sent over HTTP.
//
// Beside it, evaluation measures what it gives on labelled data:
//
//	evaluation/labelled  finds images, labels and masks
//	evaluation/metrics   AUROC, F1-max, AP, PRO, AUPIMO
//	evaluation           the engine's or another tool's maps, class by class
//	evaluation/paper     repeats the paper's tables
//	evaluation/table     writes tables
//
// and tools that any of them uses: assets (what is fetched once), atomicfile, csvfile, device, disjoint, fault,
// filelock, memory, npy, origin (who may ask a server on this machine), realpath (what links lead to), results (output folders),
// wholefile (bounded reads).
//
// N images, P = H*W patches in row-major order, C channels, D entries of a class token.
package engine
