// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/provider"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// shared is what TestMain hands to the tests; package testing has no other way. It is not written to once the tests run.
var shared struct {
	cluster   *cluster
	terraform *tfdev.Terraform
}

func TestMain(m *testing.M) {
	if os.Getenv(resource.EnvTfAcc) == "" {
		os.Exit(m.Run()) // each test says why it does not run
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, m.Run)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		code = 1
	}
	os.Exit(code)
}

// run creates a namespace for the tests, deletes it afterwards, and compares the adapter's config map before and after.
func run(ctx context.Context, tests func() int) (code int, err error) {
	if err := prepareEnvironment(); err != nil {
		return 1, err
	}
	temp, err := os.MkdirTemp("", "promadapter-acceptance-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(temp)
	if shared.terraform, err = tfdev.New(ctx, "..", temp); err != nil {
		return 1, err
	}
	if shared.cluster, err = connect(ctx); err != nil {
		return 1, err
	}
	before, err := shared.cluster.read(ctx, adapter)
	if err != nil {
		return 1, err
	}
	if strings.Contains(before, "promadapter_rule "+prefix) {
		return 1, fmt.Errorf("%s holds rules of an earlier run that was aborted: remove those that begin with %s", adapter, prefix)
	}
	code = tests()

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	after, err := shared.cluster.read(ctx, adapter)
	if err == nil && after != before {
		err = fmt.Errorf("the tests left %s as\n%s\nwhich was before\n%s", adapter, after, before)
		err = errors.Join(err, shared.cluster.write(ctx, adapter, func(string) string { return before }))
	}
	return code, errors.Join(err, shared.cluster.close(ctx))
}

// prepareEnvironment points the test framework to the Terraform on PATH, because otherwise it downloads one, and keeps settings
// meant for other work in the same shell away from it.
func prepareEnvironment() error {
	for _, entry := range os.Environ() {
		key, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(key, "TF_") && key != resource.EnvTfAcc && !strings.HasPrefix(key, "TF_LOG") {
			os.Unsetenv(key)
		}
	}
	path, err := tfdev.Find()
	if err != nil {
		return err
	}
	os.Setenv("TF_ACC_TERRAFORM_PATH", path)
	if filepath.Base(path) == "tofu" {
		os.Setenv("TF_ACC_PROVIDER_HOST", "registry.opentofu.org") // where it looks for a provider without a source
	}
	return nil
}

// begin skips a test that was not asked for.
func begin(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skipf("acceptance tests need a cluster and run when %s is set; see make acceptance", resource.EnvTfAcc)
	}
	return shared.cluster
}

// runSteps runs the steps of a test with the provider in this process.
func runSteps(t *testing.T, test resource.TestCase) {
	t.Helper()
	test.ProtoV6ProviderFactories = map[string]func() (tfprotov6.ProviderServer, error){
		tfdev.TypeName: providerserver.NewProtocol6WithError(provider.New("acceptance")()),
	}
	resource.Test(t, test)
}
