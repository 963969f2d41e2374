// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"time"
)

// outcome is what became of one sent request.
type outcome struct {
	due, sent, done time.Time
	status          int   // 0 when err is set
	received        int64 // bytes of the answer's body
	err             error
}

// send makes one exchange and reads the answer to its end, without which the
// connection could not be used again.
func (r *run) send(due time.Time) outcome {
	ctx, cancel := context.WithTimeout(r.template.Context(), r.cfg.Timeout)
	defer cancel()

	o := outcome{due: due, sent: time.Now()}
	// RoundTrip instead of Client.Do: no redirects to follow, no cookies, and
	// the status on the wire is the one that counts.
	response, err := r.cfg.Transport.RoundTrip(r.template.WithContext(ctx))
	if err == nil {
		o.received, err = io.Copy(io.Discard, response.Body)
		if closeErr := response.Body.Close(); err == nil {
			err = closeErr
		}
	}
	o.done = time.Now()
	if err != nil {
		o.err = err
		return o
	}
	o.status = response.StatusCode
	return o
}
