// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// says returns a server that answers each request with a text.
func says(t *testing.T, status int, text string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(s.Close)
	return s
}

// Without a limit, the adapter would run out of memory.
func TestAnAnswerWithoutEnd(t *testing.T) {
	block := []byte(strings.Repeat(" ", 1<<20))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	fails(t, connect(t, s.URL, Access{}), "longer than 64 MiB")
}

func TestWhatIsWrongWithAnAnswer(t *testing.T) {
	for text, want := range map[string]string{
		"<html>Log in" + strings.Repeat(".", 300): `the answer is not one of Prometheus: invalid character '<' looking for beginning of value: "<html>Log in.`,
		`{}`:                               "it has no status",
		`{"status":"success","data":null}`: "it has no data",
		`{"status":"success","data":{"resultType":"vector","result":null}}`:                                                             "it has no result",
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}`:                                                  "a sample has no time or no value",
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000]}]}}`:                             "a sample has no time or no value",
		`{"status":"success","data":{"resultType":"scalar","result":[null,"1"]}}`:                                                       "a sample has no time or no value",
		`{"status":"success","data":{"resultType":"string","result":[1700000000,"1"]}}`:                                                 "string",
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1700000000,{"count":"1","sum":"2"}]}]}}`: "native histogram, want a number",
	} {
		fails(t, connect(t, says(t, 200, text).URL, Access{}), want)
	}
	fails(t, connect(t, says(t, 503, `{"status":"error","errorType":"timeout","error":"query timed out"}`).URL, Access{}), "503 Service Unavailable", "query timed out")
}

// An error in the query must not count as an error of the server.
func TestAHistogramSaysNothingAgainstTheServer(t *testing.T) {
	s := connect(t, says(t, 200, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1700000000,{"count":"1","sum":"2"}]}]}}`).URL, Access{})
	if _, _, err := s.Query(t.Context(), "", "jobs_waiting", begin); !Refused(err) {
		t.Errorf("the error is %v", err)
	}
}
