package validate

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// suggestProperty returns the property with the name most similar to name, or
// "". At most half of the property's name can differ.
func suggestProperty(name string, properties openapi3.Schemas) string {
	const maxDistance = 2
	best, distance := "", maxDistance+1
	for property := range properties {
		d := editDistance(strings.ToLower(truncate(name, 64)), strings.ToLower(property))
		if 2*d > len(property) {
			continue
		}
		if d < distance || d == distance && d <= maxDistance && property < best {
			best, distance = property, d
		}
	}
	return best
}

// editDistance returns the number of bytes to insert, delete or replace to turn
// a into b (Levenshtein distance).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{replace, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}
