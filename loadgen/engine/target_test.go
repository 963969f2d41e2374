// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func validate(change func(*Config)) error {
	cfg := Config{Target: "http://127.0.0.1:80/heavywork", Schedule: burst(1)}
	change(&cfg)
	return cfg.Validate()
}

func TestTargetsThatCannotBeSentToAreNamed(t *testing.T) {
	for target, why := range map[string]string{
		"":                        "http or https URL",
		"localhost:80":            "http or https URL",
		"ftp://localhost/":        "http or https URL",
		"http://:80/":             "http or https URL",
		"http://local host/":      "http or https URL",
		"http://localhost/\n":     "http or https URL",
		"http://localhost:99999/": "port",
		"http://localhost:0/":     "port",
		"http://localhost:65536/": "port",
		"http://local,host/":      "host",
		"http://local\"host/":     "host",
		"http://" + strings.Repeat("a", 64) + ".example/": "host",
		"http://user@localhost/":                          "credentials",
		"http://user:secret@localhost/":                   "credentials",
		"http://user:sec/ret@localhost/":                  "http or https URL",
		"https://:secret@localhost:443/":                  "credentials",
		"user:secret@localhost/heavywork":                 "must be an http or https URL",
		"//user:secret@localhost/heavywork":               "must be an http or https URL",
		"http:/user:secret@localhost/heavywork":           "must be an http or https URL",
	} {
		err := validate(func(c *Config) { c.Target = target })
		if err == nil || !strings.Contains(err.Error(), "target") || !strings.Contains(err.Error(), why) {
			t.Errorf("target %q: %v, want an error about the %s", target, err, why)
			continue
		}
		if text := err.Error(); strings.Contains(text, "secret") || strings.Contains(text, "sec/ret") {
			t.Errorf("the error %q shows the password", err)
		}
	}
	for _, target := range []string{
		"http://localhost", "https://localhost:443/", "http://[::1]:8080/a%20b?q=x@y", "http://[fe80::1%25lo]/", "http://user.example/@me:1",
		"http://under_score.example:65535/", "http://xn--bcher-kva.example./", "http://bücher.example/", "http://127.0.0.1:1",
	} {
		if err := validate(func(c *Config) { c.Target = target }); err != nil {
			t.Errorf("target %q: %v", target, err)
		}
	}
	if err := CheckReachable(t.Context(), "http://user:secret@localhost/", time.Second); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("CheckReachable: %v, want an error without the password", err)
	}
}

func TestHostsThatAreNoHostAreNamed(t *testing.T) {
	for _, host := range []string{"a\nb", "a b", " ", "a\r\nX-Other: b", "a/b", "user@a", "a:99999", "a:0", "a:x", ":80", "a:b:c", "[::1", "a\x00", "a?b", "a#b", "[a]"} {
		err := validate(func(c *Config) { c.Host = host })
		if err == nil || !strings.Contains(err.Error(), "host ") {
			t.Errorf("host %q: %v, want an error that names it", host, err)
		}
	}
	for _, host := range []string{"shop.example.org", "shop.example.org:8080", "SHOP", "127.0.0.1", "[::1]", "[::1]:80", "a_b", "bücher.example"} {
		if err := validate(func(c *Config) { c.Host = host }); err != nil {
			t.Errorf("host %q: %v", host, err)
		}
	}
}

// As curl and browsers do: servers select virtual hosts by exactly this text.
func TestDefaultPortsAreLeftOutOfTheHostHeader(t *testing.T) {
	for _, tt := range []struct{ target, host, want string }{
		{"http://localhost:80/heavywork", "", "localhost"},
		{"http://localhost:080/heavywork", "", "localhost"},
		{"http://localhost/heavywork", "", "localhost"},
		{"http://localhost:/heavywork", "", "localhost"},
		{"https://localhost:443/heavywork", "", "localhost"},
		{"http://localhost:443/heavywork", "", "localhost:443"},
		{"https://localhost:80/heavywork", "", "localhost:80"},
		{"http://[::1]:80/heavywork", "", "[::1]"},
		{"https://[::1]:443/heavywork", "", "[::1]"},
		{"http://[::1]:8080/heavywork", "", "[::1]:8080"},
		{"http://[fe80::1%25lo]:80/heavywork", "", "[fe80::1]"},
		{"http://bücher.example:80/heavywork", "", "xn--bcher-kva.example"},
		{"http://localhost:80/heavywork", "shop.example:80", "shop.example:80"},
		{"http://localhost:80/heavywork", "bücher.example", "xn--bcher-kva.example"},
	} {
		u, err := parseTarget(tt.target)
		if err != nil {
			t.Errorf("%s: %v", tt.target, err)
			continue
		}
		request, err := requestBytes(http.MethodPost, u, tt.host, false)
		if err != nil {
			t.Errorf("%s: %v", tt.target, err)
			continue
		}
		if want := "\r\nHost: " + tt.want + "\r\n"; !strings.Contains(string(request), want) {
			t.Errorf("%s with Host %q sends %q, want %q", tt.target, tt.host, request, want)
		}
	}
}

// Names are looked up in the form that name servers expect.
func TestInternationalNamesAreLookedUpInASCII(t *testing.T) {
	for target, want := range map[string]string{
		"http://bücher.example/":     "xn--bcher-kva.example:80",
		"https://BÜCHER.example:1/":  "xn--bcher-kva.example:1",
		"http://localhost:/":         "localhost:80",
		"http://[fe80::1%25lo]/":     "[fe80::1%lo]:80",
		"http://under_score.example": "under_score.example:80",
	} {
		u, err := parseTarget(target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		if got := hostPort(u); got != want {
			t.Errorf("%s is looked up as %s, want %s", target, got, want)
		}
	}
}

func TestHostHeader(t *testing.T) {
	for name, host := range map[string]string{"of the target": "", "of its own": "shop.example.org"} {
		t.Run(name, func(t *testing.T) {
			var got atomic.Value
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got.Store(r.Host)
				w.WriteHeader(http.StatusAccepted)
			}))
			defer server.Close()
			cfg := oneByOne(server.URL, 1, nil)
			cfg.Host = host
			mustRun(t, cfg)
			want := host
			if want == "" {
				want = strings.TrimPrefix(server.URL, "http://")
			}
			if got.Load() != want {
				t.Errorf("the server saw the host %q, want %q", got.Load(), want)
			}
		})
	}
}

func TestCheckReachable(t *testing.T) {
	s := newServer(t, accept)
	for _, tt := range []struct {
		name, target, want string
	}{
		{"listening", s.URL + "/heavywork", ""},
		{"closed port", closedPort(t), "nothing listens there"},
		{"no URL", "localhost:80", "must be an http or https URL"},
		{"unknown host", "http://nowhere.invalid", "check"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckReachable(t.Context(), tt.target, 5*time.Second)
			if tt.want == "" && err != nil {
				t.Errorf("CheckReachable = %v, want nil", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("CheckReachable = %v, want %q", err, tt.want)
			}
		})
	}
	if seen := s.seen.Load(); seen != 0 {
		t.Errorf("the check sent %d requests", seen)
	}
}
