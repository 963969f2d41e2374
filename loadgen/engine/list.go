// SPDX-License-Identifier: Apache-2.0

package engine

// list is a doubly linked list of connections, each of which is in one list at
// most. Unlike container/list it needs no allocation and no element to keep.
type list struct {
	first, last *connection
}

func (l *list) append(c *connection) {
	c.previous, c.next = l.last, nil
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
}

// remove takes out c, which must be in l.
func (l *list) remove(c *connection) {
	if c.previous == nil {
		l.first = c.next
	} else {
		c.previous.next = c.next
	}
	if c.next == nil {
		l.last = c.previous
	} else {
		c.next.previous = c.previous
	}
	c.previous, c.next = nil, nil
}
