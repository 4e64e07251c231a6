package client

import (
	"fmt"
	"iter"
)

// paginate returns an iterator over the items of all pages from the first
// cursor on. fetch returns the items of the page at a cursor and the cursor of
// the next page, "" for the last one. The iterator yields an error once, as its
// last element.
func paginate[T any](first string, fetch func(cursor string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := first; ; {
			items, next, err := fetch(cursor)
			if err == nil && next != "" && next == cursor {
				err = fmt.Errorf("the page after %s links to itself as the next page", cursor)
			}
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			cursor = next
		}
	}
}

// nonZero returns a pointer to the value, nil if it is zero: the generated
// client omits nil query parameters.
func nonZero[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
