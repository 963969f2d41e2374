// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"golang.org/x/sync/errgroup"
)

// askTimeout bounds the question whether registries answer. Whoever is on-line
// gets an answer in a fraction of it.
const askTimeout = 5 * time.Second

// RegistriesAnswer asks every registry that a pulled environment needs once,
// all at the same time, and returns why they cannot be used, or nil.
func (s *Supply) RegistriesAnswer(ctx context.Context) error {
	urls := map[string]bool{"https://" + registryHosts[0] + "/.well-known/terraform.json": true}
	for _, text := range append(s.Pins.ImageRefs(), s.Pins.PublishedNodeImage()) {
		ref, err := name.ParseReference(text)
		if err != nil {
			return fmt.Errorf("image reference %q: %w", text, err)
		}
		urls["https://"+ref.Context().RegistryStr()+"/v2/"] = true
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for url := range urls {
		group.Go(func() error { return answers(ctx, url) })
	}
	return group.Wait()
}

// answers succeeds on any reply that a registry gives to a stranger, which is
// often a request to log in.
func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK, http.StatusUnauthorized:
		return nil
	}
	return fmt.Errorf("%s answers %s", url, response.Status)
}
