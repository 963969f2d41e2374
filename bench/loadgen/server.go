// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// server is the process that every generator sends to; see rivals/serve.go.
type server struct {
	address string
	command *exec.Cmd
}

func startServer(ctx context.Context, t tools) (*server, error) {
	s := &server{command: exec.CommandContext(ctx, t.rivals, "serve")}
	s.command.Stderr = os.Stderr
	printed, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	line, err := bufio.NewReader(printed).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	s.address = strings.TrimSpace(line)
	return s, nil
}

func (s *server) stop() {
	_ = s.command.Process.Kill() // it has nothing to save
	_ = s.command.Wait()
}

func (s *server) url(path string) string { return "http://" + s.address + path }

func (s *server) hostPort() (host, port string) {
	host, port, _ = net.SplitHostPort(s.address) // the server printed a net.Addr
	return host, port
}

func (s *server) control(ctx context.Context, what string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url("/control/"+what), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// arrivals returns when requests have arrived since the last reset, in order of
// their arrival, on the server's clock.
func (s *server) arrivals(ctx context.Context) ([]time.Duration, error) {
	body, err := s.control(ctx, "times")
	if err != nil {
		return nil, err
	}
	times := make([]time.Duration, len(body)/8)
	for i := range times {
		times[i] = time.Duration(binary.LittleEndian.Uint64(body[8*i:]))
	}
	return times, nil
}
