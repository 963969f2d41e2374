// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// outcome is what became of one sent request.
type outcome struct {
	due, sent, done time.Time
	status          int   // 0 when err is set
	received        int64 // bytes of the answer's body
	written         int64 // bytes of the request
	err             error
}
