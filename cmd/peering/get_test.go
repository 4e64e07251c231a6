package main

import (
	"io"
	"net/http"
	"testing"
)

// get answers the body of a URL that the contract does not know.
func get(t *testing.T, url string, want int) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Errorf("%s answered %d %s, %v", url, resp.StatusCode, text, err)
	}
	return string(text)
}
