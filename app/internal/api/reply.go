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
	// A write error means that the client has gone.
	_, _ = io.WriteString(w, body+"\n")
}

// replyError answers with a status, and the problem as JSON.
func replyError(w http.ResponseWriter, status int, problem string) {
	quoted, err := json.Marshal(problem)
	if err != nil {
		quoted = []byte(`"internal error"`)
	}
	reply(w, status, `{"error": `+string(quoted)+`}`)
}
