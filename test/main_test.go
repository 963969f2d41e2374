// SPDX-License-Identifier: Apache-2.0

package test

import (
	"os"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }
