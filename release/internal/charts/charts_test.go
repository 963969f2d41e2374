// SPDX-License-Identifier: Apache-2.0

package charts

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	imageregistry "github.com/google/go-containerregistry/pkg/registry"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/registry"
)

func TestChartsComeBackInTheVersionOfTheRelease(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	t.Setenv("HELM_REGISTRY_CONFIG", filepath.Join(t.TempDir(), "config.json"))
	server := httptest.NewServer(imageregistry.New(imageregistry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	client, err := registry.NewClient(registry.ClientOptPlainHTTP(), registry.ClientOptWriter(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range Folders {
		packed, err := Pack(filepath.Join("../../..", folder), "1.2.3", t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		reference, _, err := Push(t.Context(), packed, host+"/project/charts")
		if err != nil {
			t.Fatal(err)
		}
		pulled, err := client.Pull(reference)
		if err != nil {
			t.Fatal(err)
		}
		chart, err := loader.LoadArchive(bytes.NewReader(pulled.Chart.Data))
		if err != nil {
			t.Fatal(err)
		}
		if reference != host+"/project/charts/"+chart.Name()+":1.2.3" || chart.AppVersion() != "1.2.3" || len(chart.Templates) == 0 || len(chart.Schema) == 0 {
			t.Errorf("%s is pulled as %s, with appVersion %s and %d templates", folder, reference, chart.AppVersion(), len(chart.Templates))
		}
	}
}
