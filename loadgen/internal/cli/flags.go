// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// The parameters of the guide this project grew from.
const (
	defaultArrivalRate = 20   // requests per second
	defaultDecayRate   = 0.02 // per second
	defaultDuration    = 500 * time.Second
)

// options is a parsed command line.
type options struct {
	host, port, endpoint string
	addressable          bool // host and port are well-formed

	arrivalRate, decayRate      float64
	duration, timeout           time.Duration
	seed                        uint64
	maxInFlight                 int
	quiet, json, tolerateErrors bool

	plan *schedule.Poisson // nil unless its parameters are valid
}

func (o options) profile() schedule.Decay {
	return schedule.Decay{ArrivalRate: o.arrivalRate, DecayRate: o.decayRate}
}

func (o options) target() string {
	return "http://" + net.JoinHostPort(o.host, o.port) + "/" + o.endpoint
}

// parser collects problems instead of stopping at the first, which is why every
// flag is a function that never returns an error to package flag.
type parser struct {
	opts     options
	problems invalid.Values
	flags    *flag.FlagSet
	typed    map[string]string // flag values as they were given, for messages
}

// parse reads flags before, between and after the arguments. The list names
// every value that can't be used.
func parse(args []string) (opts options, problems invalid.Values, help bool) {
	p := &parser{
		opts: options{
			arrivalRate: defaultArrivalRate,
			decayRate:   defaultDecayRate,
			duration:    defaultDuration,
			timeout:     engine.DefaultTimeout,
			maxInFlight: engine.DefaultMaxInFlight,
			seed:        uint64(rand.Uint32()), // short enough to type again
		},
		flags: flag.NewFlagSet("loadgen", flag.ContinueOnError),
		typed: make(map[string]string),
	}
	p.flags.SetOutput(io.Discard)
	p.flags.Usage = func() {}
	p.define()
	arguments, understood, help := p.split(args)
	if help {
		return p.opts, nil, true
	}
	p.schedule()
	if understood { // else an argument may be the value of an unknown flag
		p.arguments(arguments)
	}
	return p.opts, p.problems, false
}

// split sets the flags and returns the arguments between them. Package flag
// stops at the first argument and at the first flag it does not know.
func (p *parser) split(args []string) (arguments []string, understood, help bool) {
	understood = true
	refuse := func(token, why string) {
		p.problems.Add("flag", token, "%s", why)
		understood = false
	}
	args = slices.DeleteFunc(slices.Clone(args), func(token string) bool {
		// Package flag refuses these without consuming them.
		malformed := strings.HasPrefix(token, "---") || strings.HasPrefix(strings.TrimLeft(token, "-"), "=") && token[0] == '-'
		if malformed {
			refuse(token, "is not written like a flag, for example --seed=42")
		}
		return malformed
	})
	for len(args) > 0 {
		err := p.flags.Parse(args)
		rest := p.flags.Args()
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, false, true
		case err != nil:
			token := args[len(args)-len(rest)-1]
			if p.flags.Lookup(strings.TrimLeft(token, "-")) != nil {
				refuse(token, "lacks its value")
			} else {
				refuse(token, "is unknown")
			}
		case len(rest) > 0:
			arguments, rest = append(arguments, rest[0]), rest[1:]
		}
		args = rest
	}
	return arguments, understood, false
}

func (p *parser) define() {
	number := func(target *float64) func(string) bool {
		return func(s string) bool {
			value, err := strconv.ParseFloat(s, 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) { // too large is +Inf, refused later
				return false
			}
			*target = value
			return true
		}
	}
	p.value("arrival-rate", "must be a number of requests per second, for example 20", number(&p.opts.arrivalRate))
	p.value("decay-rate", "must be a number per second, for example 0.02", number(&p.opts.decayRate))
	p.value("duration", "must be seconds or a Go duration, for example 500 or 8m20s", func(s string) bool {
		d, ok := parseDuration(s)
		if ok {
			p.opts.duration = d
		}
		return ok
	})
	p.value("timeout", "must be above 0 and at most 1h, in seconds or as a Go duration, for example 30 or 30s", func(s string) bool {
		d, ok := parseDuration(s)
		if ok = ok && d > 0 && d <= engine.LimitTimeout; ok {
			p.opts.timeout = d
		}
		return ok
	})
	p.value("seed", "must be a whole number from 0 to 18446744073709551615, for example 42", func(s string) (ok bool) {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err == nil {
			p.opts.seed = seed
		}
		return err == nil
	})
	p.value("max-in-flight", "must be a whole number from 1 to "+strconv.Itoa(engine.LimitMaxInFlight)+", for example 4096", func(s string) bool {
		n, err := strconv.Atoi(s)
		ok := err == nil && n >= 1 && n <= engine.LimitMaxInFlight
		if ok {
			p.opts.maxInFlight = n
		}
		return ok
	})
	p.toggle("quiet", &p.opts.quiet)
	p.toggle("json", &p.opts.json)
	p.toggle("tolerate-errors", &p.opts.tolerateErrors)
}

func (p *parser) value(name, remedy string, set func(string) bool) {
	p.flags.Func(name, "", func(s string) error {
		p.typed[name] = s
		if !set(s) {
			p.problems.Add("--"+name, s, "%s", remedy)
		}
		return nil
	})
}

func (p *parser) toggle(name string, target *bool) {
	p.flags.BoolFunc(name, "", func(s string) error {
		on, err := strconv.ParseBool(s)
		if err != nil {
			p.problems.Add("--"+name, s, "takes no value, or true or false")
		}
		*target = on
		return nil
	})
}

// parseDuration accepts "500", "0.5" and "8m20s". Values no schedule accepts
// come back as the nearest ones it refuses.
func parseDuration(s string) (time.Duration, bool) {
	d, err := time.ParseDuration(s)
	if err == nil {
		return d, true
	}
	value, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, false
	case value > schedule.MaxDuration.Seconds():
		return schedule.MaxDuration + 1, true
	case value > 0:
		return time.Duration(value * float64(time.Second)), true
	}
	return 0, true // negative, zero or not a number
}

// schedule makes the plan, or names the flags that stand in its way.
func (p *parser) schedule() {
	plan, err := schedule.NewPoisson(p.opts.profile(), p.opts.duration, p.opts.seed)
	var refused invalid.Values
	if errors.As(err, &refused) {
		for _, value := range refused {
			p.problems.Add("--"+value.Name, p.typed[value.Name], "%s", value.Remedy)
		}
	}
	p.opts.plan = plan
}

// arguments checks HOST PORT ENDPOINT.
func (p *parser) arguments(arguments []string) {
	for _, extra := range arguments[min(3, len(arguments)):] {
		p.problems.Add("argument", extra, "is one too many after HOST PORT ENDPOINT")
	}
	given := append(slices.Clip(arguments), "", "", "")
	o := &p.opts
	o.host, o.port, o.endpoint = given[0], given[1], given[2]

	hostFine := o.host != "" && (net.ParseIP(o.host) != nil || !strings.ContainsAny(o.host, ":/ []@?#%"))
	if !hostFine {
		p.problems.Add("HOST", o.host, "must be a host name or IP address without scheme or port, for example localhost")
	}
	number, err := strconv.ParseUint(o.port, 10, 16)
	portFine := err == nil && number > 0
	if !portFine {
		p.problems.Add("PORT", o.port, "must be a whole number from 1 to 65535, for example 80")
	}
	if o.endpoint != "heavywork" && o.endpoint != "lightwork" {
		p.problems.Add("ENDPOINT", o.endpoint, "must be heavywork or lightwork")
	}
	o.addressable = hostFine && portFine
}
