// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxResult bounds what a pod writes into its log. At 10 MiB the kubelet
// rotates the log, and what can be read of it is then no longer complete.
const maxResult = 8 << 20

// A result in a log is one line of JSON between two marker lines, the first of
// which has its length and digest. Other lines may precede it: a container has
// one log for both its outputs.
const (
	opening = "loadgen result: index=%d bytes=%d sha256=%s"
	closing = "loadgen result: end"
)

// errNoResult is the error of a log without any result.
var errNoResult = errors.New("its log has no result")

// seal writes the result of the pod with the given index.
func seal(w io.Writer, index int, result []byte) error {
	result = bytes.TrimSuffix(result, []byte("\n"))
	if bytes.ContainsAny(result, "\n\r") {
		return errors.New("the result is not one line")
	}
	if len(result) > maxResult {
		return fmt.Errorf("the result has %d bytes, and a log can hold %d: use a shorter profile", len(result), maxResult)
	}
	sum := sha256.Sum256(result)
	// One write, so that nothing that other goroutines log comes between.
	_, err := fmt.Fprintf(w, opening+"\n%s\n"+closing+"\n", index, len(result), hex.EncodeToString(sum[:]), result)
	return err
}

// unseal finds the result in a log, and checks that it is complete and from the
// pod with the given index.
func unseal(log io.Reader, index int) ([]byte, error) {
	lines := bufio.NewReaderSize(log, 1<<16)
	for {
		line, err := lines.ReadString('\n')
		var (
			from, size int
			digest     string
		)
		if n, _ := fmt.Sscanf(line, opening, &from, &size, &digest); n == 3 {
			return open(lines, index, from, size, digest)
		}
		if errors.Is(err, io.EOF) {
			return nil, errNoResult
		}
		if err != nil {
			return nil, fmt.Errorf("reading its log: %w", err)
		}
	}
}

func open(lines *bufio.Reader, index, from, size int, digest string) ([]byte, error) {
	if size < 0 || size > maxResult {
		return nil, fmt.Errorf("its result claims to have %d bytes", size)
	}
	result := make([]byte, size)
	if n, err := io.ReadFull(lines, result); err != nil {
		return nil, fmt.Errorf("its result is cut off after %d of %d bytes: %w", n, size, err)
	}
	rest, err := io.ReadAll(io.LimitReader(lines, int64(len(closing)+1)))
	if err != nil || !strings.HasPrefix(string(rest), "\n"+closing) {
		return nil, errors.New("its result does not end where it should")
	}
	if sum := sha256.Sum256(result); hex.EncodeToString(sum[:]) != digest {
		return nil, errors.New("its result is damaged: the digest differs")
	}
	if from != index {
		return nil, fmt.Errorf("its result is that of pod %d", from)
	}
	return result, nil
}
