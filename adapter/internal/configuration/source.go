// SPDX-License-Identifier: Apache-2.0

// Package configuration gets the text of the rules, and each new one.
package configuration

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// lookAtFile is the interval at which a file is read. A mounted config map changes by
// swapping symbolic links above the file, which a watch of the file would not notice.
const lookAtFile = 200 * time.Millisecond

// Source passes on a text and, until the context ends, each text that replaces it.
// After a fault the previous text stays valid.
type Source func(ctx context.Context, text func([]byte), fault func(error))

// File returns a source for the text of a file. The kubelet takes up to about 90
// seconds to update the file of a mounted config map.
func File(path string) Source {
	return func(ctx context.Context, text func([]byte), fault func(error)) {
		var last []byte
		var failed string
		ticker := time.NewTicker(lookAtFile)
		defer ticker.Stop()
		for {
			now, err := os.ReadFile(path)
			switch {
			case err != nil:
				if failed != err.Error() {
					fault(fmt.Errorf("reading the rules: %w", err))
				}
				last, failed = nil, err.Error() // pass on the next text even if it is unchanged
			case last == nil || !bytes.Equal(now, last):
				last, failed = append([]byte{}, now...), ""
				text(last)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}
}

// ConfigMap names a key of a config map. The API server reports changes to its text
// within milliseconds. Reading it requires get, list and watch of this one object.
type ConfigMap struct{ Namespace, Name, Key string }

// ParseConfigMap reads "namespace/name/key".
func ParseConfigMap(reference string) (ConfigMap, error) {
	parts := strings.Split(reference, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return ConfigMap{}, fmt.Errorf("--config-map=%s: want namespace/name/key", reference)
	}
	return ConfigMap{parts[0], parts[1], parts[2]}, nil
}

// Source returns a source of the text.
func (m ConfigMap) Source(client kubernetes.Interface) Source {
	return func(ctx context.Context, text func([]byte), fault func(error)) {
		factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(m.Namespace),
			informers.WithTweakListOptions(func(o *metav1.ListOptions) {
				o.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, m.Name).String()
			}))
		informer := factory.Core().V1().ConfigMaps().Informer()
		var last *string
		tell := func(object any) {
			of, ok := object.(*corev1.ConfigMap)
			if !ok {
				return
			}
			now, ok := of.Data[m.Key]
			switch {
			case !ok:
				fault(fmt.Errorf("config map %s/%s has no key %q", m.Namespace, m.Name, m.Key))
				last = nil
			case last == nil || *last != now:
				last = &now
				text([]byte(now))
			}
		}
		// Neither can fail before the informer runs.
		_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    tell,
			UpdateFunc: func(_, object any) { tell(object) },
			DeleteFunc: func(any) {
				last = nil
				fault(fmt.Errorf("config map %s/%s is gone", m.Namespace, m.Name))
			},
		})
		_ = informer.SetWatchErrorHandlerWithContext(func(ctx context.Context, r *cache.Reflector, err error) {
			cache.DefaultWatchErrorHandler(ctx, r, err)
			// After the first sync, watch errors are transient, and the text stays valid.
			if !informer.HasSynced() {
				fault(fmt.Errorf("watching config map %s/%s: %w", m.Namespace, m.Name, err))
			}
		})
		go func() {
			if cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) && len(informer.GetStore().ListKeys()) == 0 {
				fault(fmt.Errorf("there is no config map %s/%s", m.Namespace, m.Name))
			}
		}()
		informer.RunWithContext(ctx)
	}
}
