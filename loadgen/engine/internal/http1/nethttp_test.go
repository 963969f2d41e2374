// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
)

// reference reads a response with net/http, in the way its Transport does.
func reference(raw []byte) (Response, error) {
	source := bufio.NewReader(bytes.NewReader(raw))
	request, err := http.NewRequest(http.MethodPost, "http://h/", nil)
	if err != nil {
		return Response{}, err
	}
	for {
		response, err := http.ReadResponse(source, request)
		if err != nil {
			return Response{}, err
		}
		if response.StatusCode >= 100 && response.StatusCode < 200 && response.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		if response.StatusCode == http.StatusSwitchingProtocols {
			return Response{Status: response.StatusCode}, nil // what follows is not a body
		}
		n, err := io.Copy(io.Discard, response.Body)
		toTheEnd := response.ContentLength < 0 && len(response.TransferEncoding) == 0
		return Response{Status: response.StatusCode, Body: n, Reusable: !response.Close && !toTheEnd && source.Buffered() == 0}, err
	}
}

// Where this package is stricter than net/http: it refuses what no HTTP/1
// server sends, and does not reuse a connection after a response with two
// lengths.
var (
	refused     = map[string]bool{"HTTP/2": true, "status below 100": true, "space before the colon": true}
	bothLengths = "chunked and length"
)

func TestNetHTTPAgrees(t *testing.T) {
	for _, tt := range exchanges {
		t.Run(tt.name, func(t *testing.T) {
			got, err := NewReader(bytes.NewReader([]byte(tt.raw))).Response()
			want, wantErr := reference([]byte(tt.raw))
			if refused[tt.name] {
				if err == nil || wantErr != nil {
					t.Errorf("error %v, that of net/http is %v: want one and none", err, wantErr)
				}
				return
			}
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("error %v, that of net/http is %v", err, wantErr)
			}
			if tt.name == bothLengths {
				want.Reusable = false
			}
			if err == nil && got != want {
				t.Errorf("got %+v, net/http has %+v", got, want)
			}
		})
	}
}

// Both read the same from a response that both accept. Each refuses some that
// the other accepts: net/http also checks the values of headers.
func FuzzNetHTTPAgrees(f *testing.F) {
	for _, tt := range exchanges {
		f.Add([]byte(tt.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := NewReader(bytes.NewReader(raw)).Response()
		if err != nil {
			return
		}
		want, err := reference(raw)
		if err != nil {
			return
		}
		if got.Status != want.Status || got.Body != want.Body {
			t.Errorf("got %+v, net/http has %+v", got, want)
		}
		if got.Reusable && !want.Reusable {
			t.Error("would use a connection that net/http closes")
		}
	})
}
