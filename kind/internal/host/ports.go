// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"syscall"
	"time"
)

// CheckPort returns an error that names the port and the setting to change when
// 127.0.0.1:port cannot be listened on.
func CheckPort(setting string, port int) error {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, fs.ErrPermission) {
		// The engine may be allowed to use a low port that this user may not. Only
		// whether something listens there can be checked.
		connection, dialErr := net.DialTimeout("tcp", address, time.Second)
		if dialErr != nil {
			return nil
		}
		_ = connection.Close()
		err = syscall.EADDRINUSE
	}
	if err != nil {
		return fmt.Errorf("port %d on 127.0.0.1 cannot be used (%w): stop what listens there, or choose another one, for example %s=%d",
			port, err, setting, suggest(port))
	}
	return listener.Close()
}

func suggest(port int) int {
	if port < 1024 {
		return port + 8000
	}
	return port + 1
}
