// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/registry"
)

// askTimeout bounds the question whether registries answer. Whoever is on-line
// gets an answer in a fraction of it.
const askTimeout = 15 * time.Second

// Answers are what the hosts said that a pulled environment needs.
type Answers struct {
	Good     []string
	Problems []error // one for each host that did not serve what it was asked for
}

// Pulled reports whether everything that is pulled is here already, so that no
// host has to be asked.
func (s *Supply) Pulled() bool {
	tools, err := s.Tools(false)
	if err != nil || !s.Store.Has(tools.Spec) || !s.Store.Has(s.PulledNode().Spec) {
		return false
	}
	for _, image := range s.PulledImages() {
		if !s.Store.Has(image.Spec) {
			return false
		}
	}
	return true
}

// Ask asks every host for what a pull would ask it for first, all at the same
// time: of each registry one image, down to where its layers come from, and the
// registry of Terraform or OpenTofu, empty for none.
func (s *Supply) Ask(ctx context.Context, providers string) Answers {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	questions := map[string]func(context.Context) error{}
	for _, image := range append(s.PulledImages(), s.PulledNode()) {
		host, _, _ := strings.Cut(image.Ref, "/")
		questions[host] = func(ctx context.Context) error {
			return s.Registry.Ask(ctx, registry.Image{Ref: image.Ref, Digest: s.Pins.Digests.Images[image.Ref], Platform: imagePlatform()})
		}
	}
	if providers != "" {
		questions[providers] = func(ctx context.Context) error {
			_, err := s.providerService(ctx, "https://"+providers)
			return err
		}
	}
	var answers Answers
	var mu sync.Mutex
	var group errgroup.Group
	for host, ask := range questions {
		group.Go(func() error {
			err := ask(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				answers.Good = append(answers.Good, host)
			} else {
				answers.Problems = append(answers.Problems, err)
			}
			return nil
		})
	}
	_ = group.Wait()
	return answers
}
