// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

const (
	longest = 64 << 20 // bytes of an answer; the names of 100,000 pods take a tenth of it
	shown   = 200      // bytes of an invalid answer that an error quotes
)

// explaining are the error statuses whose bodies the library parses.
var explaining = []int{http.StatusBadRequest, http.StatusUnprocessableEntity}

// checked passes on complete answers, and returns an error for all others. The
// library reads a missing part as zero, which would scale a workload.
type checked struct {
	api.Client
	sent string // which credentials the requests carry
}

// Do sends a request and reads its answer. It fails if the answer is incomplete.
func (c checked) Do(ctx context.Context, request *http.Request) (*http.Response, []byte, error) {
	response, text, err := c.Client.Do(ctx, request)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		err = fmt.Errorf("the answer is longer than %d MiB: have the rule match fewer series", longest>>20)
	case err != nil:
		err = explained(err, request.URL.Scheme == "https")
	case response.StatusCode/100 == 2:
		if wrong := whole(text); wrong != nil {
			err = fmt.Errorf("the answer is not one of Prometheus: %w: %s", wrong, excerpt(text))
		}
	case !slices.Contains(explaining, response.StatusCode) || !json.Valid(text):
		err = fmt.Errorf("the answer is %d %s: %s", response.StatusCode, http.StatusText(response.StatusCode), excerpt(text))
		switch response.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden:
			err = fmt.Errorf("%w: requests have %s", err, c.sent)
		case http.StatusNotFound:
			err = fmt.Errorf("%w: does --prometheus-url lack the path that Prometheus is below?", err)
		}
	}
	return response, text, err
}

// whole returns an error if an answer is incomplete. For a native histogram in place
// of a number, the error says what to do.
func whole(text []byte) error {
	var answer struct {
		Status string
		Data   json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	switch {
	case answer.Status == "error":
		return nil // the library returns this error
	case answer.Status != "success":
		return errors.New("it has no status")
	case len(answer.Data) == 0 || bytes.Equal(answer.Data, null):
		return errors.New("it has no data")
	case answer.Data[0] != '{':
		return nil // a list
	}
	var data struct {
		ResultType string
		Result     json.RawMessage
	}
	if err := json.Unmarshal(answer.Data, &data); err != nil {
		return err
	}
	switch data.ResultType {
	case "scalar":
		var pair []json.RawMessage
		return errors.Join(json.Unmarshal(data.Result, &pair), number(pair))
	case "vector":
		var samples []struct {
			Value     []json.RawMessage
			Histogram json.RawMessage
		}
		if err := json.Unmarshal(data.Result, &samples); err != nil {
			return err
		}
		if samples == nil {
			return errors.New("it has no result")
		}
		for _, one := range samples {
			if len(one.Histogram) > 0 && !bytes.Equal(one.Histogram, null) {
				return &promv1.Error{Type: promv1.ErrExec, Msg: "a sample is a native histogram, want a number: use a function such as histogram_quantile"}
			}
			if err := number(one.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

var null = []byte("null")

// number returns an error unless a pair has a time and a value.
func number(pair []json.RawMessage) error {
	if len(pair) < 2 || bytes.Equal(pair[0], null) || bytes.Equal(pair[1], null) {
		return errors.New("a sample has no time or no value")
	}
	return nil
}

func excerpt(text []byte) string {
	if len(text) > shown {
		return fmt.Sprintf("%q and so on", text[:shown])
	}
	return fmt.Sprintf("%q", text)
}

// explained adds to the error of a request the setting that may solve it.
func explained(err error, encrypted bool) error {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var network *net.OpError
	switch {
	case !encrypted, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &network) && network.Op == "dial":
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: set the CA certificate that signed Prometheus' certificate, with --prometheus-ca-file or tls_config.ca_file in --prometheus-config", err)
	case errors.As(err, &host):
		return fmt.Errorf("%w: use a name in the certificate in --prometheus-url, or set one with tls_config.server_name in --prometheus-config", err)
	default:
		// In TLS 1.3 a server rejects a client certificate only after the client has
		// finished the handshake, and its alert often arrives too late.
		return fmt.Errorf("%w: if Prometheus requires a client certificate, set it with tls_config.cert_file and key_file in --prometheus-config, or with --prometheus-client-tls-cert-file and --prometheus-client-tls-key-file", err)
	}
	return err
}

// limited cuts off answers longer than longest.
type limited struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, longest)
	}
	return response, err
}
