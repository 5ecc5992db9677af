// Package reproduce compares a run with the same run made again: what it read, what computed it, and each
// file that it wrote, byte by byte.
//
//	Read        what run.json and inputs.sha256 tell of a run
//	CheckInputs whether what it read is as it was
//	Compare     the results of two runs, but for what differs by nature: dates, timings, command lines
//	Reasons     what may have made two runs differ, the likeliest first
package reproduce
