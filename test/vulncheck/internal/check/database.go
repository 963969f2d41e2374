// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// ErrNoDatabase says that the database does not answer.
var ErrNoDatabase = errors.New("no vulnerability database")

// patience is how long the database may take to answer a request for one small file.
const patience = 10 * time.Second

// entry is a file that every database has. The format is described at
// https://go.dev/doc/security/vuln/database.
const entry = "index/db.json"

// reach returns an error that wraps ErrNoDatabase when the database does not
// answer, and another error when its URL is not valid.
func reach(ctx context.Context, database string) error {
	u, err := url.Parse(database)
	if err != nil {
		return fmt.Errorf("GOVULNDB: %w", err)
	}
	switch u.Scheme {
	case "file":
		if _, err := os.Stat(filepath.Join(filepath.FromSlash(u.Path), entry)); err != nil {
			return fmt.Errorf("%w at %s: %w", ErrNoDatabase, database, err)
		}
		return nil
	case "http", "https":
		return reachWeb(ctx, u)
	}
	return fmt.Errorf("GOVULNDB=%q is not the URL of a database: use one that begins with https://, http:// or file://", database)
}

func reachWeb(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath(entry).String(), nil)
	if err != nil {
		return fmt.Errorf("GOVULNDB: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w at %s: %w", ErrNoDatabase, u, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w at %s: it answers %s for %s", ErrNoDatabase, u, response.Status, entry)
	}
	return nil
}
