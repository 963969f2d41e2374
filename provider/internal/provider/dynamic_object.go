// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// dynamicObject reads an object whose type only the caller of a function knows. All objects below it share the first error.
type dynamicObject struct {
	path       string // as written in Terraform, for errors
	attributes map[string]attr.Value
	err        *error
}

// objectOf returns the object in an argument.
func objectOf(value types.Dynamic, path, want string) (dynamicObject, error) {
	o := dynamicObject{path: path, err: new(error)}
	attributes, ok := attributesOf(value.UnderlyingValue())
	if !ok {
		return o, fmt.Errorf("%s must be %s", path, want)
	}
	o.attributes = attributes
	return o, nil
}

func attributesOf(value attr.Value) (map[string]attr.Value, bool) {
	switch v := value.(type) {
	case types.Object:
		return v.Attributes(), true
	case types.Map:
		return v.Elements(), true
	default:
		return nil, false
	}
}

func (o dynamicObject) fail(format string, args ...any) {
	if *o.err == nil {
		*o.err = fmt.Errorf(format, args...)
	}
}

// value returns an attribute that is neither missing nor null, or nil.
func (o dynamicObject) value(name string) attr.Value {
	value := o.attributes[name]
	if dynamic, ok := value.(types.Dynamic); ok {
		value = dynamic.UnderlyingValue()
	}
	if value == nil || value.IsNull() {
		return nil
	}
	return value
}

func (o dynamicObject) text(name string) string {
	value := o.value(name)
	if value == nil {
		return ""
	}
	text, ok := value.(types.String)
	if !ok {
		o.fail("%s.%s must be a string", o.path, name)
	}
	return text.ValueString()
}

func (o dynamicObject) flag(name string) *bool {
	value := o.value(name)
	if value == nil {
		return nil
	}
	flag, ok := value.(types.Bool)
	if !ok {
		o.fail("%s.%s must be true or false", o.path, name)
		return nil
	}
	return flag.ValueBoolPointer()
}

func (o dynamicObject) object(name string) dynamicObject {
	out := dynamicObject{path: o.path + "." + name, err: o.err}
	if value := o.value(name); value != nil {
		attributes, ok := attributesOf(value)
		if !ok {
			o.fail("%s.%s must be an object", o.path, name)
		}
		out.attributes = attributes
	}
	return out
}

// elements returns the elements of a list, a set, or a tuple, which is what a list without a declared type is.
func (o dynamicObject) elements(name, want string) []attr.Value {
	switch v := o.value(name).(type) {
	case nil:
		return nil
	case types.List:
		return v.Elements()
	case types.Tuple:
		return v.Elements()
	case types.Set:
		return v.Elements()
	default:
		o.fail("%s.%s must be %s", o.path, name, want)
		return nil
	}
}

func (o dynamicObject) list(name string) []dynamicObject {
	var out []dynamicObject
	for i, element := range o.elements(name, "a list of objects") {
		attributes, ok := attributesOf(element)
		if !ok {
			o.fail("%s.%s[%d] must be an object", o.path, name, i)
		}
		out = append(out, dynamicObject{path: fmt.Sprintf("%s.%s[%d]", o.path, name, i), attributes: attributes, err: o.err})
	}
	return out
}

func (o dynamicObject) texts(name string) []string {
	var out []string
	for i, element := range o.elements(name, "a list of strings") {
		text, ok := element.(types.String)
		if !ok || text.IsNull() {
			o.fail("%s.%s[%d] must be a string", o.path, name, i)
		}
		out = append(out, text.ValueString())
	}
	return out
}

// done refuses attributes other than the known ones.
func (o dynamicObject) done(known ...string) {
	for _, name := range slices.Sorted(maps.Keys(o.attributes)) {
		if !slices.Contains(known, name) {
			slices.Sort(known)
			o.fail("%s has no attribute %q; there are %s", o.path, name, strings.Join(slices.Compact(known), ", "))
			return
		}
	}
}
