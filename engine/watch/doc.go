// Package watch scores photos as they arrive in a folder, each once, in their order, whatever stops and
// starts in between.
//
//	arrivals    folder -> photos that are whole: changes as the system tells them, and scans
//	inspectors  photo -> entry: read, scored, drawn, several at a time
//	journal     entries in the order of arrival, on the disk before anything is told of them
//	tables      scores.csv and defects.csv, which say what the journal says
//	followers   read the journal as it grows: the listener, a command, a web address
//	pages       report.html of the last photos
//
// A photo is known by its path in the folder, size and time of change; where these differ, by the SHA-256 of
// its bytes. The same bytes under the same path are no news, other bytes are another arrival.
//
// Memory is bounded: the photos that are waited for, those under way, those of the report, and 32 bytes for
// each photo that is done. All else is read from the journal when it is asked for.
package watch
