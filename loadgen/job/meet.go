// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// ahead is how long before the start the word is sent: long enough for it
	// to reach every pod, even if network and CPUs are busy.
	ahead = time.Second
	// again is the pause between two attempts to reach the first pod.
	again = 200 * time.Millisecond
)

// hello is what a pod sends to the first one.
type hello struct {
	Index int `json:"index"`
	Pods  int `json:"pods"`
}

// word is the answer, once all have connected. The time to the start counts
// from its arrival, so the pods' clocks do not matter: pods start as far apart
// as the word takes to reach them, some tenths of a millisecond.
type word struct {
	In      time.Duration `json:"in_nanoseconds"`
	At      time.Time     `json:"at"` // the same moment on the first pod's clock, for the results
	Refused string        `json:"refused,omitempty"`
}

// moment is when a run starts: on this process's clock, and as all pods write it
// into their results.
type moment struct{ here, agreed time.Time }

// meet waits until all pods have connected, and returns the moment at which all
// of them start. The pod with index 0 listens on the port of the address, and
// the others connect to it.
//
// The moment is not set in advance, because pods start when a node has room and
// the image, which is not known beforehand: a late pod would leave out the
// beginning of its share.
func meet(ctx context.Context, address string, index, pods int) (moment, error) {
	switch {
	case pods == 1:
		now := time.Now()
		return moment{now, now}, nil
	case index == 0:
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return moment{}, fmt.Errorf("address %q to meet at: %w", address, err)
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("", port))
		if err != nil {
			return moment{}, fmt.Errorf("opening the port to meet at: %w", err)
		}
		return lead(ctx, listener, pods)
	}
	return follow(ctx, address, index, pods)
}

// arrival is a pod that has connected, or one that has disconnected.
type arrival struct {
	hello
	connection net.Conn
	gone       bool
}

// lead waits for the others and sends the word to all of them at once.
func lead(ctx context.Context, listener net.Listener, pods int) (moment, error) {
	defer listener.Close()
	arrivals := make(chan arrival)
	done := make(chan struct{})
	defer close(done)
	go accept(listener, arrivals, done)

	// A pod that lost its connection reconnects, possibly before the end of the
	// old connection is noticed: so connections count, not pods.
	present := map[net.Conn]int{}
	defer func() {
		for c := range present {
			c.Close()
		}
	}()
	for distinct(present) < pods-1 {
		select {
		case a := <-arrivals:
			switch {
			case a.gone:
				delete(present, a.connection)
				a.connection.Close()
			case a.Pods != pods || a.Index < 1 || a.Index >= pods:
				// A failure does not matter here.
				_ = say(a.connection, word{Refused: fmt.Sprintf("pod %d of %d joined a load of %d pods", a.Index, a.Pods, pods)})
				a.connection.Close()
			default:
				present[a.connection] = a.Index
			}
		case <-ctx.Done():
			return moment{}, fmt.Errorf("waiting for the other pods: %d of %d have connected: %w", distinct(present), pods-1, context.Cause(ctx))
		}
	}
	start := time.Now().Add(ahead)
	agreed := start.UTC().Round(0)
	told := map[int]bool{}
	var failures []error
	for c, index := range present {
		if err := say(c, word{In: time.Until(start), At: agreed}); err != nil {
			failures = append(failures, fmt.Errorf("telling pod %d when to start: %w", index, err))
			continue
		}
		told[index] = true
	}
	if len(told) < pods-1 {
		return moment{}, errors.Join(failures...)
	}
	return moment{start, agreed}, nil
}

// distinct counts the pods that are connected.
func distinct(present map[net.Conn]int) int {
	indexes := map[int]bool{}
	for _, index := range present {
		indexes[index] = true
	}
	return len(indexes)
}

// accept reads the hello of each pod, and notices when it disconnects.
func accept(listener net.Listener, arrivals chan<- arrival, done <-chan struct{}) {
	tell := func(a arrival) {
		select {
		case arrivals <- a:
		case <-done:
		}
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return // closed
		}
		go func() {
			lines := bufio.NewScanner(connection)
			a := arrival{connection: connection}
			if !lines.Scan() || json.Unmarshal(lines.Bytes(), &a.hello) != nil {
				connection.Close() // not one of our pods
				return
			}
			tell(a)
			lines.Scan() // nothing more is sent: this ends with the connection
			a.gone = true
			tell(a)
		}()
	}
}

func say(c net.Conn, w word) error {
	line, err := json.Marshal(w)
	if err != nil {
		return err
	}
	_, err = c.Write(append(line, '\n'))
	return err
}

// follow connects to the first pod, with as many retries as it takes, and waits
// for the word.
func follow(ctx context.Context, address string, index, pods int) (moment, error) {
	line, err := json.Marshal(hello{index, pods})
	if err != nil {
		return moment{}, err
	}
	var (
		start   moment
		problem error
	)
	err = wait.PollUntilContextCancel(ctx, again, true, func(ctx context.Context) (bool, error) {
		var w word
		if w, problem = ask(ctx, address, append(line, '\n')); problem != nil {
			return false, nil
		}
		start = moment{time.Now().Add(w.In), w.At}
		if w.Refused != "" {
			return false, errors.New(w.Refused)
		}
		return true, nil
	})
	if err != nil && problem != nil {
		return moment{}, fmt.Errorf("waiting for the first pod at %s: %w: %w", address, context.Cause(ctx), problem)
	}
	return start, err
}

func ask(ctx context.Context, address string, line []byte) (word, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return word{}, err
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	if _, err := connection.Write(line); err != nil {
		return word{}, err
	}
	var w word
	return w, json.NewDecoder(connection).Decode(&w)
}
