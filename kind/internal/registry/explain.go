// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/containerd/errdefs"
)

// remedy is for a host that does not serve what it should.
const remedy = "name a mirror with REGISTRY_MIRROR=host[/prefix], or build with SOURCE=build (root on Debian)"

// explain adds to a pull's error which host failed and which setting helps.
func (c *Client) explain(ctx context.Context, ref string, err error) error {
	if err == nil {
		return nil
	}
	host := c.hostOf(ctx, ref)
	what := remedy
	var status remoteerrors.ErrUnexpectedStatus
	var request *url.Error
	text := strings.ToLower(err.Error())
	switch {
	case troubleOf(ctx) != nil:
		host, err = troubleOf(ctx).Host, troubleOf(ctx)
		what = "try again later, log in to the registry where that raises the limit (docker login), or " + remedy
	case errors.Is(err, docker.ErrInvalidAuthorization), errors.As(err, &status) && status.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("pulling %s from %s: 401 Unauthorized: %w: log in with: docker login %s (or podman login)", ref, host, err, host)
	case errors.As(err, &status) && status.StatusCode == http.StatusForbidden:
		what = fmt.Sprintf("the login for %s may not read the image, or a proxy forbids it: log in as a user who may, or %s", host, remedy)
	case errdefs.IsNotFound(err), errors.As(err, &status) && status.StatusCode == http.StatusNotFound:
		return fmt.Errorf("pulling %s from %s: 404 Not Found: %w: the image is not there: check the prefix of REGISTRY_MIRROR, or that the mirror may fetch it", ref, host, err)
	case errdefs.IsFailedPrecondition(err):
		what = "the content does not match its digest: something on the path changes it; " + remedy
	case brokenOff(err):
		what = "the response ended too soon, in every attempt, as happens if a proxy answers with a page of its own: try again, or " + remedy
	case strings.Contains(text, "certificate"):
		what = "trust its certificate authority with REGISTRY_CA=file"
	case errors.As(err, &request), strings.Contains(text, "no such host"), strings.Contains(text, "connection refused"):
		what = "check the name and HTTPS_PROXY, or " + remedy
	}
	return fmt.Errorf("pulling %s from %s: %w: %s", ref, host, err, what)
}

// hostOf returns the first host that is asked for an image.
func (c *Client) hostOf(ctx context.Context, ref string) string {
	host, _, _ := strings.Cut(ref, "/")
	hosts, err := c.resolver(ctx).Hosts(host)
	if err != nil || len(hosts) == 0 {
		return host
	}
	return hosts[0].Host
}
