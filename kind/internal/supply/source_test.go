// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAnswers(t *testing.T) {
	for status, want := range map[int]bool{
		http.StatusOK: true, http.StatusUnauthorized: true, http.StatusForbidden: false, http.StatusBadGateway: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		if err := answers(t.Context(), server.URL); (err == nil) != want {
			t.Errorf("status %d: got %v", status, err)
		}
		server.Close()
		if err := answers(t.Context(), server.URL); err == nil {
			t.Errorf("a closed server counts as one that answers")
		}
	}
}
