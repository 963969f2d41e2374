// SPDX-License-Identifier: Apache-2.0

// Package config reads which Services the activator manages.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/prometheus/prometheus/promql/parser"
)

// Config is the configuration file.
type Config struct {
	// PrometheusURL is the server that answers the activity queries.
	PrometheusURL string `json:"prometheus_url"`
	// Services are managed by the activator, each on a port of its own.
	Services []Service `json:"services"`
}

// Service is one Service with the workload behind it.
type Service struct {
	Namespace string `json:"namespace"`
	Name      string `json:"service"`
	// Port is the number of the Service's targetPort. The activator listens on the
	// same number: NGINX Ingress Controller finds endpoints by it.
	Port int `json:"port"`
	// Workload has the replicas. It defaults to the Deployment with the Service's name.
	Workload Workload `json:"workload"`
	// Autoscaler is the HorizontalPodAutoscaler of the workload. While it wants more
	// than one replica, the workload stays up. Empty if there is none.
	Autoscaler string `json:"autoscaler"`
	// Activity is a PromQL query. 0 means idle, as does a vector of zeros. Any other
	// value, no data and an error mean busy.
	Activity string `json:"activity"`
	// Live is the endpoint at which each pod reports its requests in flight.
	Live *Live `json:"live"`
	// IdleSeconds is how long the workload must be idle, at every check.
	IdleSeconds int `json:"idle_seconds"`
	// HoldSeconds limits how long a request is held.
	HoldSeconds int `json:"hold_seconds"`
	// ReadTimeoutSeconds is the proxy's read timeout. HoldSeconds must be less.
	ReadTimeoutSeconds int `json:"read_timeout_seconds"`
	// MaxHeld limits how many requests are held at the same time.
	MaxHeld int `json:"max_held"`
}

// Workload names an object with a scale subresource.
type Workload struct {
	Group    string `json:"group"`
	Version  string `json:"version"`
	Resource string `json:"resource"`
	Name     string `json:"name"`
}

// Live is a gauge at the metrics endpoint of each pod.
type Live struct {
	Port int    `json:"port"`
	Path string `json:"path"`
	// InFlight is the name of the gauge; its series are summed.
	InFlight string `json:"in_flight"`
}

// Defaults of optional fields.
const (
	DefaultIdleSeconds        = 300
	DefaultHoldSeconds        = 30
	DefaultReadTimeoutSeconds = 60
	DefaultMaxHeld            = 1000
)

// Suffix is appended to a Service's name to name the activator's EndpointSlice and Lease.
const Suffix = "-activator"

// Object is the name of the activator's EndpointSlice and Lease for the Service.
func (s Service) Object() string { return s.Name + Suffix }

// Idle is how long the workload must be idle.
func (s Service) Idle() time.Duration { return time.Duration(s.IdleSeconds) * time.Second }

// Hold is how long a request may be held.
func (s Service) Hold() time.Duration { return time.Duration(s.HoldSeconds) * time.Second }

// GVR is the resource of the workload.
func (w Workload) GVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: w.Group, Version: w.Version, Resource: w.Resource}
}

// Load reads a file. Its error lists every problem found.
func Load(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return Parse(text)
}

// Parse reads a configuration in YAML. Unknown fields are errors.
func Parse(text []byte) (*Config, error) {
	var c Config
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w; the fields are in activator/README.md", err)
	}
	for i := range c.Services {
		c.Services[i].complete()
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("the configuration is refused:\n%w", err)
	}
	return &c, nil
}

func (s *Service) complete() {
	def := func(number *int, value int) {
		if *number == 0 {
			*number = value
		}
	}
	def(&s.IdleSeconds, DefaultIdleSeconds)
	def(&s.HoldSeconds, DefaultHoldSeconds)
	def(&s.ReadTimeoutSeconds, DefaultReadTimeoutSeconds)
	def(&s.MaxHeld, DefaultMaxHeld)
	if s.Workload.Resource == "" && s.Workload.Group == "" && s.Workload.Version == "" {
		s.Workload.Group, s.Workload.Version, s.Workload.Resource = "apps", "v1", "deployments"
	}
	if s.Workload.Name == "" {
		s.Workload.Name = s.Name
	}
	if s.Live != nil && s.Live.Path == "" {
		s.Live.Path = "/metrics"
	}
}

func (c *Config) check() error {
	var problems []error
	if u, err := url.Parse(c.PrometheusURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		problems = append(problems, fmt.Errorf("prometheus_url %q: must be a URL with a host, for example http://prometheus.monitoring:9090", c.PrometheusURL))
	}
	if len(c.Services) == 0 {
		problems = append(problems, errors.New("services: is empty; name at least one Service"))
	}
	ports, workloads := map[int]string{}, map[string]string{}
	for i, s := range c.Services {
		id := fmt.Sprintf("services[%d] (%s/%s)", i, s.Namespace, s.Name)
		for _, problem := range s.problems() {
			problems = append(problems, fmt.Errorf("%s: %w", id, problem))
		}
		if other, taken := ports[s.Port]; taken {
			problems = append(problems, fmt.Errorf("%s: port %d is also used by %s: the port tells which Service a request is for; give one of the Services another targetPort, or an activator of its own", id, s.Port, other))
		}
		ports[s.Port] = id
		workload := fmt.Sprint(s.Namespace, s.Workload)
		if other, taken := workloads[workload]; taken {
			problems = append(problems, fmt.Errorf("%s: workload %q is also used by %s: requests for one of the Services would not keep it up for the other; name only one Service for each workload", id, s.Workload.Name, other))
		}
		workloads[workload] = id
	}
	return errors.Join(problems...)
}

func (s *Service) problems() (problems []error) {
	refuse := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, name := range []struct{ field, value string }{{"namespace", s.Namespace}, {"service", s.Name}} {
		if wrong := validation.IsDNS1123Label(name.value); len(wrong) > 0 {
			refuse("%s %q: must be the name of an object, for example heavywork", name.field, name.value)
		}
	}
	if len(s.Object()) > validation.DNS1123LabelMaxLength {
		refuse("service %q: is longer than %d characters, so that %q is not a valid name of an EndpointSlice", s.Name, validation.DNS1123LabelMaxLength-len(Suffix), s.Object())
	}
	for _, number := range []struct {
		field           string
		value, min, max int
	}{
		{"port", s.Port, 1, 65535},
		{"idle_seconds", s.IdleSeconds, 5, 7 * 24 * 3600},
		{"hold_seconds", s.HoldSeconds, 1, 3600},
		{"read_timeout_seconds", s.ReadTimeoutSeconds, 2, 7200},
		{"max_held", s.MaxHeld, 1, 20000},
	} {
		if number.value < number.min || number.value > number.max {
			refuse("%s %d: must be from %d to %d", number.field, number.value, number.min, number.max)
		}
	}
	if s.HoldSeconds >= s.ReadTimeoutSeconds {
		refuse("hold_seconds %d: must be less than read_timeout_seconds %d, or the proxy gives up first and may send the request again; shorten it, or lengthen the proxy's read timeout", s.HoldSeconds, s.ReadTimeoutSeconds)
	}
	if s.Workload.Version == "" || s.Workload.Resource == "" {
		refuse("workload: give version and resource, for example {group: apps, version: v1, resource: deployments}, or neither of them and no group")
	}
	if _, err := parser.NewParser(parser.Options{}).ParseExpr(s.Activity); err != nil {
		refuse("activity %q: must be a PromQL query whose value is 0 while the workload is idle: %w", s.Activity, err)
	}
	if s.Live != nil && (s.Live.InFlight == "" || s.Live.Port < 1 || s.Live.Port > 65535) {
		refuse("live: give port, from 1 to 65535, and in_flight, the name of a gauge, or leave live out")
	}
	return problems
}
