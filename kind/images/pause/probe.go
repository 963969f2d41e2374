// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"syscall"
)

// seen is what a container finds of the machine that it runs on.
type seen struct {
	Disk      uint64 `json:"disk"`              // free bytes
	Instances int    `json:"inotify_instances"` // of inotify that could be had, of those asked for
	Watches   int    `json:"inotify_watches"`   // of inotify that a user may have; 0 where that is not known
}

// probe writes what it finds as JSON. For a moment it takes the inotify instances:
// only the kernel knows how many of them a user has left.
func probe(out io.Writer, instances int) error {
	s := seen{Instances: inotifyInstances(instances), Watches: inotifyWatches()}
	var disk syscall.Statfs_t
	if syscall.Statfs("/", &disk) == nil {
		s.Disk = disk.Bavail * uint64(disk.Bsize)
	}
	return json.NewEncoder(out).Encode(s)
}
