package main

import (
	"net/http"

	"github.com/peering/peering/internal/peering"
)

// believe takes every caller at his word.
func believe(_ *http.Request, named peering.ID) (peering.Caller, error) {
	return peering.Caller{Project: named, Roles: []peering.Role{peering.Admin}}, nil
}
