// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxBody in bytes is far above any honest request: no endpoint has a use for a body.
const maxBody = 1 << 20

// discardBody reads the request body to its end, so that the connection can be used again, and
// throws it away. When that fails it answers itself and returns false.
func discardBody(w http.ResponseWriter, r *http.Request) bool {
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		replyError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("request body is larger than %d bytes; send a smaller one or none", maxBody))
	case err != nil:
		replyError(w, http.StatusBadRequest, "request body ended early or came too slowly; send all the bytes Content-Length announces")
	}
	return err == nil
}
