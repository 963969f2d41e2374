// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Outputs are Terraform's outputs of an applied environment. One that is
// missing, null or of another type reads as zero; Err lists all of these.
type Outputs struct {
	values map[string]json.RawMessage
	err    error
}

// Outputs runs terraform output. The program must be on this process's PATH: Export
// puts it there.
func (e Environment) Outputs(ctx context.Context) (*Outputs, error) {
	command := exec.CommandContext(ctx, "terraform", "-chdir="+e.TerraformDir, "output", "-json")
	command.Env = os.Environ()
	for name, value := range e.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	var failure strings.Builder
	command.Stderr = &failure
	data, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("terraform output of cluster %q: %w\n%s", e.Cluster, err, failure.String())
	}
	return ParseOutputs(data)
}

// ParseOutputs reads the JSON that `terraform output -json` prints.
func ParseOutputs(data []byte) (*Outputs, error) {
	var named map[string]struct{ Value json.RawMessage }
	if err := json.Unmarshal(data, &named); err != nil {
		return nil, fmt.Errorf("the outputs of Terraform are not the expected JSON object: %w", err)
	}
	o := &Outputs{values: map[string]json.RawMessage{}}
	for name, output := range named {
		o.values[name] = output.Value
	}
	return o, nil
}

// Into decodes an output into the value that into points to.
func (o *Outputs) Into(name string, into any) {
	value := o.values[name]
	if value == nil || string(value) == "null" || string(value) == `""` {
		o.err = errors.Join(o.err, fmt.Errorf("the Terraform output %s is missing or empty: run make up", name))
	} else if err := json.Unmarshal(value, into); err != nil {
		o.err = errors.Join(o.err, fmt.Errorf("the Terraform output %s is %s: %w", name, value, err))
	}
}

// Text returns an output that is a string.
func (o *Outputs) Text(name string) (text string) {
	o.Into(name, &text)
	return text
}

// Seconds returns an output that is a number of seconds.
func (o *Outputs) Seconds(name string) time.Duration {
	var seconds float64
	o.Into(name, &seconds)
	return time.Duration(seconds * float64(time.Second))
}

// Err returns an error that lists the outputs that could not be read so far.
func (o *Outputs) Err() error { return o.err }
