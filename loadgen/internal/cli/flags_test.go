// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDefaultsAreThoseOfTheGuide(t *testing.T) {
	opts, problems, help := parseRun([]string{"localhost", "80", "heavywork"})
	if len(problems) > 0 || help {
		t.Fatalf("problems %v, help %t", problems, help)
	}
	if text := opts.load.sequence.String(); text != "decay:arrival_rate=20,decay_rate=0.02,duration=500" {
		t.Errorf("profile %s", text)
	}
	if opts.target.url() != "http://localhost:80/heavywork" {
		t.Errorf("target %s", opts.target.url())
	}
	other, _, _ := parseRun([]string{"localhost", "80", "heavywork"})
	third, _, _ := parseRun([]string{"localhost", "80", "heavywork"})
	if opts.load.seed == other.load.seed && other.load.seed == third.load.seed {
		t.Errorf("three runs without --seed share the seed %d", opts.load.seed)
	}
}

func TestAddressesOfAllKinds(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"127.0.0.1", "http://127.0.0.1:8080/lightwork"},
		{"::1", "http://[::1]:8080/lightwork"},
		{"[::1]", "http://[::1]:8080/lightwork"},
		{"https://[::1]", "https://[::1]:8080/lightwork"},
		{"https://::1", "https://[::1]:8080/lightwork"},
		{"fe80::1%lo", "http://[fe80::1%25lo]:8080/lightwork"},
		{"[fe80::1%lo]", "http://[fe80::1%25lo]:8080/lightwork"},
		{"[fe80::1%25lo]", "http://[fe80::1%25lo]:8080/lightwork"}, // as a URL has it
		{"https://[fe80::1%25lo]", "https://[fe80::1%25lo]:8080/lightwork"},
		{"[fe80::1%251]", "http://[fe80::1%25251]:8080/lightwork"}, // a number
		{"HTTPS://app.example.org", "https://app.example.org:8080/lightwork"},
		{"app.example.org", "http://app.example.org:8080/lightwork"},
		{"app_1", "http://app_1:8080/lightwork"},
		{"bücher.example", "http://xn--bcher-kva.example:8080/lightwork"},
		{"https://Bücher.example", "https://xn--bcher-kva.example:8080/lightwork"},
		{"https://app.example.org", "https://app.example.org:8080/lightwork"},
	} {
		opts, problems, _ := parseRun([]string{tt.host, "8080", "lightwork"})
		if len(problems) > 0 || opts.target.url() != tt.want {
			t.Errorf("%s: target %s, problems %v; want %s", tt.host, opts.target.url(), problems, tt.want)
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
		opts, problems, _ := parseRun([]string{"--duration", tt.given, "--timeout", tt.given, "localhost", "80", "heavywork"})
		if got := opts.load.sequence.Duration(); len(problems) > 0 || got != tt.want || opts.timeout != tt.want {
			t.Errorf("%q: duration %s, timeout %s, problems %v; want %s", tt.given, got, opts.timeout, problems, tt.want)
		}
	}
}

func TestLoadsOfAllKinds(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "load.csv")
	if err := os.WriteFile(trace, []byte("second,rate\n0,10\n60,50\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"rates", []string{"--arrival-rate=80", "--decay-rate=0.001"}, "decay:arrival_rate=80,decay_rate=0.001,duration=500"},
		{"one profile", []string{"--profile", "constant:rate=5,duration=60"}, "constant:rate=5,duration=60"},
		{"one profile with a duration beside it", []string{"--profile", "constant:rate=5", "--duration=60"}, "constant:rate=5,duration=60"},
		{"one after the other", []string{"--profile", "ramp:from=1,to=50,duration=60", "--profile", "constant:rate=50,duration=2m; constant:rate=1,duration=9"},
			"ramp:from=1,to=50,duration=60;constant:rate=50,duration=120;constant:rate=1,duration=9"},
		{"trace", []string{"--trace", trace}, "trace:points=0:10/60:50,duration=60"},
		{"trace with a duration", []string{"--trace", trace, "--duration=90"}, "trace:points=0:10/60:50,duration=90"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opts, problems, _ := parseRun(append(tt.args, "localhost", "80", "heavywork"))
			if got := opts.load.sequence.String(); len(problems) > 0 || got != tt.want {
				t.Errorf("profile %s, problems %v; want %s", got, problems, tt.want)
			}
		})
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

	folder := t.TempDir()
	trace := filepath.Join(folder, "bad.csv")
	if err := os.WriteFile(trace, []byte("second,rate\n0,10\n30,fast\n"), 0o600); err != nil {
		t.Fatal(err)
	}

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
		{"idle timeout zero", append(good, "--idle-timeout=0"), []string{`--idle-timeout "0": must be above 0`}},
		{"idle timeout too long", append(good, "--idle-timeout=2h"), []string{`--idle-timeout "2h": must be above 0 and at most 1h`}},
		{"idle timeout of no connection", append(good, "--idle-timeout=2", "--new-connections"), []string{`--idle-timeout "2": has no effect with --new-connections`}},
		{"seed negative", append(good, "--seed=-1"), []string{`--seed "-1": must be a whole number`}},
		{"in flight zero", append(good, "--max-in-flight=0"), []string{`--max-in-flight "0": must be a whole number from 1`}},
		{"in flight too many", append(good, "--max-in-flight=70000"), []string{`--max-in-flight "70000": must be a whole number from 1`}},
		{"toggle with a word", append(good, "--quiet=maybe"), []string{`--quiet "maybe": takes no value`}},
		{"unknown flag", append(good, "--rate", "5"), []string{`flag "--rate": is unknown`}},
		{"flag with a slip", append(good, "--profil", "5"), []string{`flag "--profil": is unknown: did you mean --profile?`}},
		{"flag without value", append(good, "--seed"), []string{`flag "--seed": needs a value`}},
		{"malformed flags", append(good, "---x", "-=1", "--=2"), []string{`flag "---x": is not`, `flag "-=1": is not`, `flag "--=2": is not`}},
		{"host with an unknown scheme", []string{"ftp://localhost", "80", "heavywork"}, []string{`HOST "ftp://localhost": must be a host name`}},
		{"brackets around a name", []string{"[localhost]", "80", "heavywork"}, []string{`HOST "[localhost]": must be a host name or IP address`}},
		{"half a bracket", []string{"[::1", "80", "heavywork"}, []string{`HOST "[::1": must be a host name or IP address`}},
		{"no name in any alphabet", []string{"bü\u200dcher", "80", "heavywork"}, []string{`HOST "bü\u200dcher": must be a host name or IP address`}},
		{"a zone without a name", []string{"[fe80::1%]", "80", "heavywork"}, []string{`HOST "[fe80::1%]": must be`}},
		{"a line break", []string{"localhost\n", "80", "heavywork"}, []string{`HOST "localhost\n": must be a host name`}},
		{"a tab", []string{"local\thost", "80", "heavywork"}, []string{`HOST "local\thost": must be a host name`}},
		{"credentials as a port", []string{"localhost", "user:secret@localhost", "heavywork"}, []string{`PORT "xxxxx@localhost": must be`}},
		{"credentials", []string{"user:secret@localhost", "80", "heavywork"}, []string{`HOST "xxxxx@localhost": must be a host name`}},
		{"credentials in a URL", []string{"https://user:sec/r@et@localhost", "80", "heavywork"}, []string{`HOST "https://xxxxx@localhost": must be a host name`}},
		{"credentials in a whole URL", []string{"http://user:secret@localhost:80/heavywork"}, []string{`HOST "http://xxxxx@localhost:80/heavywork": must be`, `PORT "": must`, `ENDPOINT "": must`}},
		{"credentials elsewhere", append(good, "http://user:secret@localhost"), []string{`argument "http://xxxxx@localhost": is one too many`}},
		{"credentials in a flag", append(good, "--target=http://user:secret@localhost"), []string{`flag "--target=http://xxxxx@localhost": is unknown`}},
		{"certificates without TLS", append(good, "--insecure-skip-verify"), []string{`--insecure-skip-verify "": needs TLS`}},
		{"unknown profile", append(good, "--profile", "rump:from=1,to=5"), []string{`--profile "rump": is unknown; known are constant, decay`}},
		{"profile value", append(good, "--profile", "ramp:from=-1,to=5"), []string{`--profile ramp:from "-1": must be`}},
		{"profile beside rates", append(good, "--profile", "constant:rate=5", "--arrival-rate=9", "--decay-rate=0"), []string{
			`--arrival-rate "9": excludes --profile`, `--decay-rate "0": excludes --profile`}},
		{"profile beside trace", append(good, "--profile", "constant:rate=5", "--trace", "x.csv"), []string{`--trace "x.csv": excludes --profile`}},
		{"durations twice", append(good, "--profile", "constant:rate=5,duration=60", "--duration=90"), []string{`--duration "90": has no effect: the profile has durations`}},
		{"duration of a profile zero", append(good, "--profile", "constant:rate=x", "--duration=0"), []string{`--duration "0": must be above 0`, `--profile constant:rate "x": must be a number`}},
		{"no trace there", append(good, "--trace", "/nowhere/x.csv"), []string{`--trace file "/nowhere/x.csv": can't be read`}},
		{"malformed trace", append(good, "--trace", trace), []string{`--trace ` + trace + ` line 3 "30,fast": the rate "fast" is not a number`}},
		{"folder of an output is missing", append(good, "--out", "/nowhere/x.json"), []string{`--out "/nowhere/x.json": can't be written: make its folder`}},
		{"output is a folder", append(good, "--csv", folder), []string{`--csv "` + folder + `": is a folder`}},
		{"one file for two outputs", append(good, "--out", folder+"/a", "--report", folder+"/a"), []string{`--report "` + folder + `/a": is also the file of --out`}},
		{"cluster mode", append(good, "--cluster=yes"), []string{`--cluster "yes": must be auto`}},
		{"cluster off and named", append(good, "--cluster=off", "--hpa=a"), []string{`--hpa "a": has no effect with --cluster=off`}},
		{"no cluster there", append(good, "--cluster=on"), []string{`--cluster "on": no cluster is configured`}},
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
