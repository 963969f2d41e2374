// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxBody in bytes is far above any legitimate request: no endpoint uses the body.
const maxBody = 1 << 20

// discardBody reads and discards the request body, so that the connection can be reused. If that
// fails, it sends the error reply itself and returns false.
func discardBody(w http.ResponseWriter, r *http.Request) bool {
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		replyError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("request body is larger than %d bytes; send a smaller one or none", maxBody))
	case err != nil:
		replyError(w, http.StatusBadRequest, "request body ended early or arrived too slowly; send all the bytes that Content-Length announces")
	}
	return err == nil
}
