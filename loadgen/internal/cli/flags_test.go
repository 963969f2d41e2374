// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"flag"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func flagNames(p *parser) (names []string) {
	p.flags = flag.NewFlagSet("", flag.ContinueOnError)
	p.define()
	p.flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

func TestDefaultsAreThoseOfTheGuide(t *testing.T) {
	opts, problems, help := parse([]string{"localhost", "80", "heavywork"})
	if len(problems) > 0 || help {
		t.Fatalf("problems %v, help %t", problems, help)
	}
	if p := opts.profile(); p.ArrivalRate != 20 || p.DecayRate != 0.02 || opts.plan.Duration() != 500*time.Second {
		t.Errorf("profile %+v for %s", p, opts.plan.Duration())
	}
	if opts.target() != "http://localhost:80/heavywork" {
		t.Errorf("target %s", opts.target())
	}
	other, _, _ := parse([]string{"localhost", "80", "heavywork"})
	third, _, _ := parse([]string{"localhost", "80", "heavywork"})
	if opts.seed == other.seed && other.seed == third.seed {
		t.Errorf("three runs without --seed share the seed %d", opts.seed)
	}
}

func TestAddressesOfAllKinds(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"127.0.0.1", "http://127.0.0.1:8080/lightwork"},
		{"::1", "http://[::1]:8080/lightwork"},
		{"app.example.org", "http://app.example.org:8080/lightwork"},
	} {
		opts, problems, _ := parse([]string{tt.host, "8080", "lightwork"})
		if len(problems) > 0 || opts.target() != tt.want {
			t.Errorf("%s: target %s, problems %v; want %s", tt.host, opts.target(), problems, tt.want)
		}
	}
}

func TestDurationsInSecondsAndInGoForm(t *testing.T) {
	for _, tt := range []struct {
		given string
		want  time.Duration
	}{
		{"500", 500 * time.Second},
		{"500s", 500 * time.Second},
		{"8m20s", 500 * time.Second},
		{"0.25", 250 * time.Millisecond},
		{"1e3", 1000 * time.Second},
	} {
		opts, problems, _ := parse([]string{"--duration", tt.given, "--timeout", tt.given, "localhost", "80", "heavywork"})
		if len(problems) > 0 || opts.duration != tt.want || opts.timeout != tt.want {
			t.Errorf("%q: duration %s, timeout %s, problems %v; want %s", tt.given, opts.duration, opts.timeout, problems, tt.want)
		}
	}
}

func TestBadInputIsNamedWithFlagValueAndRemedy(t *testing.T) {
	host, port, seen := server(t, http.StatusAccepted)
	good := []string{host, port, "heavywork"}
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, closed, _ := net.SplitHostPort(unused.Addr().String())
	unused.Close()

	for _, tt := range []struct {
		name string
		args []string
		want []string // one line each
	}{
		{"no arguments", nil, []string{`HOST "": must be`, `PORT "": must be`, `ENDPOINT "": must be heavywork or lightwork`}},
		{"negative arrival rate", append(good, "--arrival-rate", "-5"), []string{`--arrival-rate "-5": must be above 0`}},
		{"arrival rate not a number", append(good, "--arrival-rate", "NaN"), []string{`--arrival-rate "NaN": must be above 0`}},
		{"infinite arrival rate", append(good, "--arrival-rate", "1e999"), []string{`--arrival-rate "1e999": must be above 0`}},
		{"arrival rate a word", append(good, "--arrival-rate", "fast"), []string{`--arrival-rate "fast": must be a number`}},
		{"growing", append(good, "--decay-rate=-0.1"), []string{`--decay-rate "-0.1": must be from 0`}},
		{"decay rate infinite", append(good, "--decay-rate=Inf"), []string{`--decay-rate "Inf": must be from 0`}},
		{"duration zero", append(good, "--duration=0"), []string{`--duration "0": must be above 0`}},
		{"duration negative", append(good, "--duration=-3s"), []string{`--duration "-3s": must be above 0`}},
		{"duration negative seconds", append(good, "--duration=-3"), []string{`--duration "-3": must be above 0`}},
		{"duration not a number", append(good, "--duration=nan"), []string{`--duration "nan": must be above 0`}},
		{"duration endless", append(good, "--duration=inf"), []string{`--duration "inf": must be above 0 and at most`}},
		{"duration a word", append(good, "--duration=long"), []string{`--duration "long": must be seconds or a Go duration`}},
		{"timeout zero", append(good, "--timeout=0"), []string{`--timeout "0": must be above 0`}},
		{"timeout too long", append(good, "--timeout=2h"), []string{`--timeout "2h": must be above 0 and at most 1h`}},
		{"seed negative", append(good, "--seed=-1"), []string{`--seed "-1": must be a whole number`}},
		{"in flight zero", append(good, "--max-in-flight=0"), []string{`--max-in-flight "0": must be a whole number from 1`}},
		{"in flight too many", append(good, "--max-in-flight=70000"), []string{`--max-in-flight "70000": must be a whole number from 1`}},
		{"toggle with a word", append(good, "--quiet=maybe"), []string{`--quiet "maybe": takes no value`}},
		{"unknown flag", append(good, "--rate", "5"), []string{`flag "--rate": is unknown`}},
		{"flag without value", append(good, "--seed"), []string{`flag "--seed": lacks its value`}},
		{"malformed flags", append(good, "---x", "-=1", "--=2"), []string{`flag "---x": is not`, `flag "-=1": is not`, `flag "--=2": is not`}},
		{"host with scheme", []string{"http://localhost", "80", "heavywork"}, []string{`HOST "http://localhost": must be a host name`}},
		{"host with port", []string{"localhost:80", "80", "heavywork"}, []string{`HOST "localhost:80": must be a host name`}},
		{"port out of range", []string{host, "65536", "heavywork"}, []string{`PORT "65536": must be a whole number from 1 to 65535`}},
		{"port zero", []string{host, "0", "heavywork"}, []string{`PORT "0": must be`}},
		{"port a word", []string{host, "http", "heavywork"}, []string{`PORT "http": must be`}},
		{"endpoint unknown", []string{host, port, "hardwork"}, []string{`ENDPOINT "hardwork": must be heavywork or lightwork`}},
		{"too many arguments", append(good, "now", "please"), []string{`argument "now": is one too many`, `argument "please": is one too many`}},
		{"nothing listens", []string{"127.0.0.1", closed, "heavywork"}, []string{`HOST PORT "127.0.0.1 ` + closed + `": nothing listens there`}},
		{"all at once", []string{"--arrival-rate=-1", "127.0.0.1", "--decay-rate=x", closed, "--duration=0", "work", "--max-in-flight=-1"}, []string{
			`--decay-rate "x": must be`, `--max-in-flight "-1": must be`, `--arrival-rate "-1": must be`, `--duration "0": must be`,
			`ENDPOINT "work": must be`, `HOST PORT "127.0.0.1 ` + closed + `": nothing listens there`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout buffer
			err := Run(t.Context(), tt.args, &stdout, new(buffer))
			var usage usageError
			if !errors.As(err, &usage) || ExitCode(err) != 2 {
				t.Fatalf("Run = %v, want a usage error", err)
			}
			lines := strings.Split(err.Error(), "\n")
			got := lines[1 : len(lines)-1]
			if len(got) != len(tt.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(got), len(tt.want), err)
			}
			for i, prefix := range tt.want {
				if !strings.HasPrefix(got[i], "  "+prefix) {
					t.Errorf("line %d is %q, want %q...", i+1, got[i], prefix)
				}
			}
			if stdout.String() != "" {
				t.Errorf("stdout %q", stdout.String())
			}
		})
	}
	if seen.Load() != 0 {
		t.Errorf("bad input sent %d requests", seen.Load())
	}
}
