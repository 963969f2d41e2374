// SPDX-License-Identifier: Apache-2.0

// Package report turns results of load runs into something to look at: one HTML
// file per run or per pair of runs, and the differences between two runs as
// values.
//
//	err := report.Write(file, document, repeat)     // one run
//	err := report.WriteCompare(file, a, b, repeat)  // two runs over each other
//	differences := report.Compare(a, b)             // the numbers, String for a terminal
//
// A file holds its data, style and script. It loads nothing, so it opens without
// a network and from a disk, and a content security policy by hash makes sure
// that nothing but its own script runs. Summary and tables need no script.
package report
