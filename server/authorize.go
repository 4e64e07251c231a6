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

// accessMode is the permission that an operation requires.
type accessMode int

const (
	read accessMode = iota
	write
)

// projectSource is the part of a request that names the project.
type projectSource int

const (
	// projectInPath is the path parameter project_id, which is always present.
	projectInPath projectSource = iota
	// projectInHeader is the header X-Project-Id, which is optional if the
	// request carries credentials.
	projectInHeader
)

// accessRule is what an operation requires of its caller. The domain checks
// which peerings belong to the caller.
type accessRule struct {
	mode   accessMode
	source projectSource
}

// accessRules has a rule for every operation of the contract. New fails if one
// is missing or unknown.
var accessRules = map[string]accessRule{
	"createCluster": {write, projectInPath},
	"listClusters":  {read, projectInPath},
	"showCluster":   {read, projectInPath},
	"updateCluster": {write, projectInPath},
	"deleteCluster": {write, projectInPath},

	"createPeering": {write, projectInPath},
	"listPeerings":  {read, projectInPath},
	"showPeering":   {read, projectInPath},
	"deletePeering": {write, projectInPath},

	"createRoute": {write, projectInPath},
	"listRoutes":  {read, projectInPath},
	"deleteRoute": {write, projectInPath},

	"createVpcPeering": {write, projectInHeader},
	"listVpcPeerings":  {read, projectInHeader},
	"showVpcPeering":   {read, projectInHeader},
	"updateVpcPeering": {write, projectInHeader},
	"acceptVpcPeering": {write, projectInHeader},
	"rejectVpcPeering": {write, projectInHeader},
	"deleteVpcPeering": {write, projectInHeader},
}

// checkAccessRules returns an error unless rules and operations match one to
// one.
func checkAccessRules(rules map[string]accessRule, operations []*validate.Operation) error {
	unknown := maps.Clone(rules)
	for _, operation := range operations {
		if _, ok := unknown[operation.ID]; !ok {
			return fmt.Errorf("operation %s has no access rule", operation.ID)
		}
		delete(unknown, operation.ID)
	}
	if len(unknown) > 0 {
		return fmt.Errorf("access rules for operations that the contract does not have: %q", slices.Sorted(maps.Keys(unknown)))
	}
	return nil
}

// requestedProject returns the project that a request names, or "".
func (a accessRule) requestedProject(c echo.Context) peering.ID {
	if a.source == projectInHeader {
		return peering.ID(c.Request().Header.Get("X-Project-Id"))
	}
	project := c.Param("project_id")
	if c.Request().URL.RawPath != "" { // Echo does not unescape parameters in this case
		if unescaped, err := url.PathUnescape(project); err == nil {
			project = unescaped
		}
	}
	return peering.ID(project)
}

// authorize rejects an authenticated caller that requests another project or
// lacks the role that the operation requires.
func authorize(rule accessRule) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			who := callerIn(c.Request().Context())
			if who == nil {
				return errNotAuthenticated
			}
			if err := rule.check(who, rule.requestedProject(c)); err != nil {
				return err
			}
			who.authorized = true
			return next(c)
		}
	}
}

// check returns an error of code WrongProject or Forbidden if the caller may
// not perform the operation for the requested project.
func (a accessRule) check(who *caller, requested peering.ID) error {
	if (requested != "" || a.source == projectInPath) && !who.project.Equal(requested) {
		if !requested.Valid() { // may be arbitrarily long, so it is not repeated
			return peering.Errorf(peering.WrongProject, "The request names a project other than the one the credentials belong to.")
		}
		return peering.Errorf(peering.WrongProject, "The request names project %s, but the credentials belong to another one.", requested)
	}
	if a.mode == write && !who.mayWrite {
		return peering.Errorf(peering.Forbidden, "The role %s permits only list and show operations.", peering.Reader)
	}
	return nil
}
