// SPDX-License-Identifier: Apache-2.0

// Package program assembles and runs the adapter.
package program

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/record"
	"k8s.io/component-base/logs"
	"k8s.io/component-base/metrics/legacyregistry"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/configuration"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/lease"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/objects"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/serving"
)

// options are the flags: those of prometheus-adapter, and some of our own.
type options struct {
	urls                    []string
	verb, config, configMap string
	access                  prometheus.Access
	timeout, relist, maxAge time.Duration
	noHTTP2                 bool
}

func (o *options) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&o.urls, "prometheus-url", []string{"https://localhost"}, "URL of Prometheus. A user and password in it are sent as basic authentication. Several URLs are for servers that scrape the same targets: each answer comes from one of them, preferably from the first that has all the data.")
	flags.StringVar(&o.access.File, "prometheus-config", "", "File that configures all access to Prometheus, in the format of Prometheus' own HTTP client configuration.")
	flags.BoolVar(&o.access.InCluster, "prometheus-auth-incluster", false, "Use the credentials of the pod's service account for Prometheus.")
	flags.StringVar(&o.access.Kubeconfig, "prometheus-auth-config", "", "Kubeconfig with credentials for Prometheus.")
	flags.StringVar(&o.access.CAFile, "prometheus-ca-file", "", "CA certificates that verify Prometheus' certificate.")
	flags.StringVar(&o.access.CertFile, "prometheus-client-tls-cert-file", "", "Client certificate for Prometheus.")
	flags.StringVar(&o.access.KeyFile, "prometheus-client-tls-key-file", "", "Key of the client certificate.")
	flags.StringVar(&o.access.TokenFile, "prometheus-token-file", "", "File with a bearer token for Prometheus; read for each request.")
	flags.StringArrayVar(&o.access.Headers, "prometheus-header", nil, "Header to send to Prometheus, as name=value. Can be repeated.")
	flags.StringVar(&o.verb, "prometheus-verb", http.MethodPost, "GET or POST. With either, queries are sent by POST, which does not limit their length, and by GET if the server refuses POST.")
	flags.DurationVar(&o.timeout, "prometheus-timeout", 10*time.Second, "Timeout of a request to Prometheus. Once another server has answered, a server gets a tenth of it.")
	flags.StringVar(&o.config, "config", "", "File with the rules. A change takes effect within a second after it is written to the file.")
	flags.StringVar(&o.configMap, "config-map", "", "Config map with the rules, as namespace/name/key, instead of --config. A change takes effect at once.")
	flags.DurationVar(&o.relist, "metrics-relist-interval", 10*time.Minute, "Interval at which the series in Prometheus are listed.")
	flags.DurationVar(&o.maxAge, "metrics-max-age", 0, "How long a metric is listed after its last sample. The relist interval by default.")
	flags.BoolVar(&o.noHTTP2, "disable-http2", false, "Serve HTTP/1.1 only.")
	logs.AddFlags(flags)
	// Manifests of prometheus-adapter use this flag; the library has dropped it.
	flags.Bool("logtostderr", true, "")
	_ = flags.MarkDeprecated("logtostderr", "the log always goes to stderr") // fails only for an undefined flag
}

func (o *options) check() error {
	switch {
	case o.config == "" && o.configMap == "":
		return errors.New("there are no rules: give --config=FILE or --config-map=namespace/name/key")
	case o.config != "" && o.configMap != "":
		return errors.New("--config and --config-map: give only one of them")
	case o.verb != http.MethodGet && o.verb != http.MethodPost:
		return fmt.Errorf("--prometheus-verb=%s: want GET or POST", o.verb)
	case o.relist <= 0:
		return fmt.Errorf("--metrics-relist-interval=%s: want more than 0", o.relist)
	case o.timeout <= 0:
		return fmt.Errorf("--prometheus-timeout=%s: want more than 0", o.timeout)
	case o.maxAge == 0:
		o.maxAge = o.relist
	case o.maxAge < o.relist:
		return fmt.Errorf("--metrics-max-age=%s: want at least the relist interval, %s: otherwise metrics would disappear between two lists", o.maxAge, o.relist)
	}
	return nil
}

// parse reads the arguments. The first one may be the path of the program, because
// the community's chart passes it.
func parse(args []string) (*cmd.AdapterBase, *options, error) {
	base := &cmd.AdapterBase{Name: "adapter", FlagSet: pflag.NewFlagSet("adapter", pflag.ContinueOnError)}
	o := &options{}
	o.add(base.FlagSet)
	base.InstallFlags()
	if err := base.FlagSet.Parse(args); err != nil {
		return nil, nil, err
	}
	if rest := base.FlagSet.Args(); len(rest) > 1 || len(rest) == 1 && rest[0] != "/adapter" {
		return nil, nil, fmt.Errorf("%q: only flags are accepted, not arguments", rest)
	}
	return base, o, o.check()
}

// Run serves until the context ends.
func Run(ctx context.Context, args []string) error {
	base, o, err := parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	noticeDeadConnections()

	config, err := base.ClientConfig()
	if err != nil {
		return fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("access to the Kubernetes API: %w", err)
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("access to the Kubernetes API: %w", err)
	}

	// The API server library exposes this registry at /metrics.
	source, err := prometheus.NewServers(o.urls, o.access, o.timeout, legacyregistry.RawMustRegister)
	if err != nil {
		return err
	}
	metrics := serving.NewMetrics(legacyregistry.RawMustRegister)
	controller := configuration.NewController(legacyregistry.RawMustRegister)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client.Discovery()))
	controller.Mapper, controller.Relist = mapper, o.relist
	controller.Discoverer = &discovery.Discoverer{Client: source, MaxAge: o.maxAge}

	pods := objects.NewPods(metadataClient)
	server := &serving.Server{
		Registry: controller.Registry, Source: source, Mapper: mapper, Metrics: metrics,
		Objects: &objects.Lister{Mapper: mapper, Client: metadataClient, Pods: pods},
	}
	base.WithCustomMetrics(server)
	base.WithExternalMetrics(server)
	api, err := base.Server()
	if err != nil {
		return fmt.Errorf("preparing the server: %w", err)
	}
	api.GenericAPIServer.SecureServingInfo.DisableHTTP2 = o.noHTTP2
	if err := api.GenericAPIServer.AddReadyzChecks(controller, healthz.NamedCheck("pods", func(*http.Request) error { return pods.Ready() })); err != nil {
		return fmt.Errorf("preparing the server: %w", err)
	}

	texts := configuration.File(o.config)
	var about *corev1.ObjectReference
	if o.configMap != "" {
		of, err := configuration.ParseConfigMap(o.configMap)
		if err != nil {
			return err
		}
		texts = of.Source(client)
		about = &corev1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: of.Namespace, Name: of.Name}
	}
	tell(ctx, client, controller, about)
	go pods.Run(ctx)
	go controller.Run(ctx, texts)
	return base.Run(ctx)
}

// tell writes which rules are served and which are refused to a Lease of this pod,
// and the reason of a refusal also to an Event of the config map. Both are optional:
// without the permissions, the log and the metrics still report the same.
func tell(ctx context.Context, client kubernetes.Interface, controller *configuration.Controller, about *corev1.ObjectReference) {
	replica := lease.Replica{
		Adapter: os.Getenv("ADAPTER_NAME"), Namespace: os.Getenv("POD_NAMESPACE"), Pod: os.Getenv("POD_NAME"), UID: types.UID(os.Getenv("POD_UID")),
	}
	if replica.Adapter != "" && replica.Namespace != "" && replica.Pod != "" {
		states := make(chan lease.State, 1)
		var state lease.State
		controller.Loaded = func(digest string) {
			state = lease.State{Serves: digest}
			configuration.Newest(states, state)
		}
		controller.Refused = func(digest string, err error) {
			if digest == "" {
				return // the error is not about a text
			}
			state.Refused, state.Because = digest, err.Error()
			configuration.Newest(states, state)
		}
		go lease.Keep(ctx, client, replica, states)
	}
	if about != nil {
		broadcaster := record.NewBroadcaster(record.WithContext(ctx))
		broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events(about.Namespace)})
		recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "adapter", Host: replica.Pod})
		toLease := controller.Refused
		controller.Refused = func(digest string, err error) {
			toLease(digest, err)
			recorder.Event(about, corev1.EventTypeWarning, "RulesRefused", err.Error())
		}
	}
}

// noticeDeadConnections makes client-go detect a dead connection to the API server
// within 4 seconds instead of 45: until then the cache of pods is stale.
func noticeDeadConnections() {
	for _, name := range []string{"HTTP2_READ_IDLE_TIMEOUT_SECONDS", "HTTP2_PING_TIMEOUT_SECONDS"} {
		if os.Getenv(name) == "" {
			os.Setenv(name, "2")
		}
	}
}
