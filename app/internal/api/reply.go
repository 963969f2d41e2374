// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"io"
	"net/http"
)

// reply writes body, a JSON text, as one line. Bodies are spelled out rather than marshalled,
// because clients compare them byte for byte.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A write error means the client has gone; there is no one left to tell.
	_, _ = io.WriteString(w, body+"\n")
}

// replyError answers with the status that belongs to the problem and the problem in words.
func replyError(w http.ResponseWriter, status int, problem string) {
	quoted, err := json.Marshal(problem)
	if err != nil {
		quoted = []byte(`"internal error"`)
	}
	reply(w, status, `{"error": `+string(quoted)+`}`)
}
