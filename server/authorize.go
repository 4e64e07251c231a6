package server

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/validate"
)

// effect is what an operation does to what is stored.
type effect int

const (
	reads effect = iota
	changes
)

// naming is how a request names the project that it is about.
type naming int

const (
	// byPath is a path below a project. It always names one.
	byPath naming = iota
	// byHeader is the header X-Project-Id, which may be absent where credentials say who calls.
	byHeader
)

// access is what an operation asks of its caller. Which peerings are his is for the domain to say.
type access struct {
	effect
	naming
}

// accesses holds all operations of the contract; New fails where one is missing or left over.
var accesses = map[string]access{
	"createCluster": {changes, byPath},
	"listClusters":  {reads, byPath},
	"showCluster":   {reads, byPath},
	"updateCluster": {changes, byPath},
	"deleteCluster": {changes, byPath},

	"createPeering": {changes, byPath},
	"listPeerings":  {reads, byPath},
	"showPeering":   {reads, byPath},
	"deletePeering": {changes, byPath},

	"createRoute": {changes, byPath},
	"listRoutes":  {reads, byPath},
	"deleteRoute": {changes, byPath},

	"createVpcPeering": {changes, byHeader},
	"listVpcPeerings":  {reads, byHeader},
	"showVpcPeering":   {reads, byHeader},
	"updateVpcPeering": {changes, byHeader},
	"acceptVpcPeering": {changes, byHeader},
	"rejectVpcPeering": {changes, byHeader},
	"deleteVpcPeering": {changes, byHeader},
}

// checkAccesses answers which operations of the contract the table lacks, and which it has that the contract has not.
func checkAccesses(table map[string]access, operations []*validate.Operation) error {
	left := maps.Clone(table)
	for _, operation := range operations {
		if _, ok := left[operation.ID]; !ok {
			return fmt.Errorf("nothing says who may call operation %s", operation.ID)
		}
		delete(left, operation.ID)
	}
	if len(left) > 0 {
		return fmt.Errorf("the contract has no operations %q, but something says who may call them", slices.Sorted(maps.Keys(left)))
	}
	return nil
}

// named answers the project that a request names; "" stands for none.
func (a access) named(c echo.Context) peering.ID {
	if a.naming == byPath {
		project := c.Param("project_id")
		if c.Request().URL.RawPath != "" { // then Echo leaves it as it was sent
			if plain, err := url.PathUnescape(project); err == nil {
				project = plain
			}
		}
		return peering.ID(project)
	}
	return peering.ID(c.Request().Header.Get("X-Project-Id"))
}

// authorize lets a caller pass that identify has found, if the project that he names is his and his roles allow what the
// operation does.
func authorize(needs access) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			who := callerIn(c.Request().Context())
			if who == nil {
				return errUnidentified
			}
			if err := needs.allow(who, needs.named(c)); err != nil {
				return err
			}
			who.authorized = true
			return next(c)
		}
	}
}

// allow answers why a caller may not do what an operation does for the project that he names, or nil.
func (a access) allow(who *caller, named peering.ID) error {
	if (named != "" || a.naming == byPath) && !who.project.Is(named) {
		if !named.Valid() { // then it may be of any length
			return peering.Errorf(peering.WrongProject, "The request names another project than the one that the credentials belong to.")
		}
		return peering.Errorf(peering.WrongProject, "The request names project %s, but the credentials belong to another one.", named)
	}
	if a.effect == changes && !who.mayChange {
		return peering.Errorf(peering.Forbidden, "The role %s may list and show only.", peering.Reader)
	}
	return nil
}
