// SPDX-License-Identifier: Apache-2.0

// Command pause holds the namespaces of a pod open: it does nothing until it is
// told to end. As process 1 of a shared process namespace it also collects the
// children that other containers leave behind.
//
// With -probe, and how many inotify instances it should try to get, it prints what
// it finds of the machine, and ends at once, which shows that a container can be
// started.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "-probe" {
		instances, err := strconv.Atoi(os.Args[2])
		if err == nil {
			err = probe(os.Stdout, instances)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		// One signal can stand for several children.
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
