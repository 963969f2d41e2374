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
	shown   = 200      // bytes of an answer that is an error
)

// explaining are the statuses whose answers the library reads.
var explaining = []int{http.StatusBadRequest, http.StatusUnprocessableEntity}

// checked passes on answers that are whole, and says of the others what is wrong.
// The library reads what is missing in an answer as zero, which would scale
// something.
type checked struct {
	api.Client
	sent string // which credentials requests have
}

// Do sends a request and reads the answer.
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

// whole returns what an answer lacks. Of native histograms, which an answer may
// have in place of numbers, it says what to do.
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
		return nil // as the library reads it
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

// number returns what a pair lacks of a time and a value.
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

// explained adds to a failed request which setting it may be about.
func explained(err error, encrypted bool) error {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var network *net.OpError
	switch {
	case !encrypted, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &network) && network.Op == "dial":
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: give the certificate of who has signed that of Prometheus, by --prometheus-ca-file or by tls_config.ca_file in --prometheus-config", err)
	case errors.As(err, &host):
		return fmt.Errorf("%w: use a name of the certificate in --prometheus-url, or give one by tls_config.server_name in --prometheus-config", err)
	default:
		// A server that refuses a certificate does so after the handshake is at its end
		// here, and the reason often comes too late.
		return fmt.Errorf("%w: if Prometheus wants a certificate of the client, give it by tls_config.cert_file and key_file in --prometheus-config, or by --prometheus-client-tls-cert-file and --prometheus-client-tls-key-file", err)
	}
	return err
}

// limited ends answers that are too long to be kept.
type limited struct{ http.RoundTripper }

// RoundTrip is that of an http.RoundTripper.
func (l limited) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.RoundTripper.RoundTrip(request)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, longest)
	}
	return response, err
}
