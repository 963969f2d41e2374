// SPDX-License-Identifier: Apache-2.0

// Package draw makes text pictures for terminals: coloured lines that can be
// cut at a width, bars, and the curve of a rate over time. It writes nothing
// itself; everything comes back as lines.
package draw
