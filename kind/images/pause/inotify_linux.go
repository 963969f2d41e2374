// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// inotifyInstances returns how many of the wanted instances the kernel gives to
// this user, and gives them back.
func inotifyInstances(wanted int) (got int) {
	for ; got < wanted; got++ {
		fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
		if err != nil {
			break
		}
		defer func() { _ = syscall.Close(fd) }()
	}
	return got
}

func inotifyWatches() int {
	text, _ := os.ReadFile("/proc/sys/fs/inotify/max_user_watches")
	limit, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return limit
}
