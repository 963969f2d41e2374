// SPDX-License-Identifier: Apache-2.0

package program

import (
	"strings"
	"testing"
	"time"
)

// The arguments from chart 5.3.0 of prometheus-community, with a certificate and with
// flags that users add.
func TestTheCommunitysChartIsUnderstood(t *testing.T) {
	_, o, err := parse([]string{
		"/adapter", "--secure-port=6443", "--tls-cert-file=/var/run/serving-cert/tls.crt", "--tls-private-key-file=/var/run/serving-cert/tls.key",
		"--cert-dir=/tmp/cert", "--prometheus-url=http://prometheus.default.svc:9090", "--metrics-relist-interval=1m", "--v=4", "--config=/etc/adapter/config.yaml",
		"--logtostderr=true", "--prometheus-header=X-Scope-OrgID=a,b", "--prometheus-verb=GET", "--client-qps=50", "--disable-http2",
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.urls[0] != "http://prometheus.default.svc:9090" || o.relist != time.Minute || o.maxAge != time.Minute || o.access.Headers[0] != "X-Scope-OrgID=a,b" || !o.noHTTP2 {
		t.Errorf("the options are %+v", o)
	}
}

func TestFlagsThatAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"":                                 "--config=FILE or --config-map=",
		"--config=a --config-map=b/c/d":    "give only one of them",
		"--config=a serve":                 `["serve"]`,
		"--config=a --prometheus-verb=PUT": "--prometheus-verb=PUT",
		"--config=a --metrics-relist-interval=0s":                   "--metrics-relist-interval=0s",
		"--config=a --prometheus-timeout=-1s":                       "--prometheus-timeout=-1s",
		"--config=a --metrics-max-age=1m":                           "at least the relist interval, 10m0s",
		"--config=a --metrics-relist-interval=1":                    "missing unit",
		"--config=a --unknown=1":                                    "--unknown",
		"--config=a --metrics-max-age=1m --metrics-relist-interval": "needs an argument",
	} {
		if _, _, err := parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q in it", args, err, want)
		}
	}
}
