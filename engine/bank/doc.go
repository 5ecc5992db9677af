// Package bank keeps the patch tokens of good photos of one product in a file, so that single photos
// can be scored by them at any time, with the settings they were taken with and a calibration: what
// each good photo scores by the others.
//
// The file, all numbers little-endian:
//
//	prologue  64 bytes: magic, format, sizes, checksums (see prologue.go)
//	blocks    from byte 4096 on, one a photo, all of the same size (see layout.go)
//	table     40 bytes a photo: CRC-32C and SHA-256 of its block
//	header    JSON: Header
//
// Nothing in the file says where something lies: all places follow from the shape and the number of
// photos, and must come to the size of the file. Open checks the CRC of every part, Verify also
// the SHA-256 of every block and the ID.
//
// Versions: the prologue names the format of the file and the oldest format whose readers understand
// it. A reader takes a newer file if it is old enough for it, and leaves out what it does not know of
// the header; else it says that the file is of a newer musc. Older formats are always read.
//
// A bank is written beside its place and renamed once it is whole and synced: whoever dies meanwhile
// leaves the former bank. A bank that is open stays what it was when another takes its place. It is
// mapped: a program that cuts the file short in place, which musc never does, ends its readers.
package bank
