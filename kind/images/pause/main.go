// SPDX-License-Identifier: Apache-2.0

// Command pause holds the namespaces of a pod open: it does nothing until it is
// told to end. As process 1 of a shared process namespace it also collects the
// children that other containers leave behind.
//
// With -probe it prints how many bytes of disk are free for it, and ends at once,
// which shows that a container can be started.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "-probe" {
		var disk syscall.Statfs_t
		if syscall.Statfs("/", &disk) == nil {
			fmt.Println(disk.Bavail * uint64(disk.Bsize))
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
