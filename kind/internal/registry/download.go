// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// Download downloads a URL to a file, which appears only when it is complete and has
// the given SHA-256 (hexadecimal).
func (c *Client) Download(ctx context.Context, address, sum, file string, mode os.FileMode) error {
	return c.Get(ctx, address, func(body io.Reader) error {
		return writeWhole(file, func(out *os.File) error {
			hash := sha256.New()
			if _, err := io.Copy(io.MultiWriter(out, hash), body); err != nil {
				return fmt.Errorf("downloading %s: %w", address, err)
			}
			if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
				return fmt.Errorf("downloading %s: its SHA-256 is %s, want %s: something on the path has changed it", address, got, sum)
			}
			return out.Chmod(mode)
		})
	})
}

var sha256Line = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Sum reads a published SHA-256 in the format of sha256sum.
func (c *Client) Sum(ctx context.Context, address string) (sum string, err error) {
	err = c.Get(ctx, address, func(body io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(body, 4096))
		if err != nil {
			return fmt.Errorf("reading %s: %w", address, err)
		}
		fields := strings.Fields(string(text))
		if len(fields) == 0 || !sha256Line.MatchString(fields[0]) {
			return fmt.Errorf("reading %s: %.40q is not a SHA-256", address, text)
		}
		sum = fields[0]
		return nil
	})
	return sum, err
}

// Get passes the body of a URL to use. An error status or an HTML page is an error.
func (c *Client) Get(ctx context.Context, address string, use func(io.Reader) error) error {
	where, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("downloading %s: %w", address, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("downloading %s: %w", address, err)
	}
	response, err := c.client().Do(request)
	if err != nil {
		return fmt.Errorf("downloading from %s: %w", where.Host, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("downloading %s: %s answered %s", address, response.Request.URL.Host, response.Status)
	}
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
		return fmt.Errorf("downloading %s: %s answered with a page: a proxy may want a login", address, response.Request.URL.Host)
	}
	return use(response.Body)
}
