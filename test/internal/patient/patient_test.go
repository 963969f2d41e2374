// SPDX-License-Identifier: Apache-2.0

package patient

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// exchangeWith returns a connection to a server and a request for it.
func exchangeWith(t *testing.T, serve http.HandlerFunc) (*connection, *http.Request, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	request, err := http.NewRequest(http.MethodPost, server.URL+"/lightwork", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	c := &connection{}
	t.Cleanup(c.close)
	return c, request, server
}

func TestConnectionClosedWithoutAWarningIsALoss(t *testing.T) {
	c, request, server := exchangeWith(t, func(http.ResponseWriter, *http.Request) {})
	if last, err := c.exchange(request); last || err != nil {
		t.Fatalf("last is %t, error %v; want a connection that is kept", last, err)
	}
	server.CloseClientConnections()
	if _, err := c.exchange(request); err == nil || !strings.Contains(err.Error(), "over a kept connection") {
		t.Fatalf("error is %v, want one that tells of a kept connection", err)
	}
	if _, err := c.exchange(request); err != nil {
		t.Errorf("the next request must get a new connection: %v", err)
	}
}

func TestConnectionClosedWithAWarningIsNone(t *testing.T) {
	c, request, _ := exchangeWith(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	for range 2 {
		if last, err := c.exchange(request); !last || err != nil {
			t.Errorf("last is %t, error %v; want an answer that is the last one", last, err)
		}
	}
}

func TestBadAnswerIsALoss(t *testing.T) {
	c, request, _ := exchangeWith(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	if _, err := c.exchange(request); err == nil || err.Error() != "status is 502" {
		t.Errorf("error is %v, want the status", err)
	}
}
