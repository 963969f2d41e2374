// SPDX-License-Identifier: Apache-2.0

// Package test holds the end-to-end suites: they bring up the kind environment,
// send real load through the ingress and watch how the autoscaler responds.
//
//	go test ./test -run TestScaleUp -v    # one scenario; brings up what is missing
//	go test ./test -v -timeout 60m        # all of them
//	go test -short ./...                  # no cluster: the suites here skip
//
// The scenarios, their run times and what is saved when one fails are in
// README.md. The helpers below internal/ have unit tests that need no cluster.
package test
