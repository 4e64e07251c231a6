package iam

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"

	"github.com/peering/peering/internal/peering"
)

// check answers whose a token is and remembers it.
func (k *Keystone) check(ctx context.Context, sum [sha256.Size]byte, token string) (peering.Caller, error) {
	// Whoever came just before may have got the answer.
	if known, ok := k.known.get(sum, k.now()); ok {
		return known.callerAt(k.now())
	}
	if !k.circuit.closed(k.now()) {
		return peering.Caller{}, unavailable(errors.New("keystone failed a moment ago and is not asked"))
	}
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	known, err := k.ask(ctx, token)
	failed := err != nil && peering.CodeOf(err) == peering.Unavailable
	if failed {
		k.log.ErrorContext(ctx, "keystone can't be asked", "error", errors.Unwrap(err))
	}
	if k.circuit.report(failed, k.now()) {
		k.log.InfoContext(ctx, "keystone answers again")
	}
	if err != nil {
		return peering.Caller{}, err
	}
	known.until = k.now().Add(k.cache)
	k.known.put(sum, known)
	return known.callerAt(k.now())
}

// ask asks Keystone for a token.
func (k *Keystone) ask(ctx context.Context, token string) (knownToken, error) {
	result := tokens.Get(ctx, k.client, token)
	if err := result.Err; err != nil {
		status := statusOf(err)
		switch {
		case status == http.StatusNotFound:
			return knownToken{}, refuse("keystone does not know the token")
		case status >= 400 && status < 500 && !slices.Contains(aboutTheService, status):
			return knownToken{}, refuse("keystone answers %d", status)
		default:
			return knownToken{}, unavailable(reason(err))
		}
	}
	var said struct {
		ExpiresAt time.Time `json:"expires_at"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		Project struct {
			ID peering.ID `json:"id"`
		} `json:"project"`
		Roles []struct {
			Name string `json:"name"`
		} `json:"roles"`
	}
	if err := result.ExtractInto(&said); err != nil || said.ExpiresAt.IsZero() {
		return knownToken{}, unavailable(errors.New("keystone's answer about a token can't be read"))
	}
	if !said.Project.ID.Valid() {
		return knownToken{}, refuse("the token of user %q is not for a project, or for one whose id can't be used", said.User.ID)
	}
	caller := peering.Caller{Project: said.Project.ID, User: said.User.ID}
	for _, role := range said.Roles {
		if here, ok := k.roles[role.Name]; ok && !slices.Contains(caller.Roles, here) {
			caller.Roles = append(caller.Roles, here)
		}
	}
	if len(caller.Roles) == 0 {
		return knownToken{}, &peering.Error{
			Code:    peering.Forbidden,
			Message: "The token has no role that may use this service.",
			Err:     fmt.Errorf("user %q has %d roles in project %s", said.User.ID, len(said.Roles), said.Project.ID),
		}
	}
	return knownToken{caller: caller, expires: said.ExpiresAt}, nil
}

// aboutTheService are answers that are not the fault of the token that was asked for.
var aboutTheService = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests}

func unavailable(cause error) error {
	return &peering.Error{
		Code:    peering.Unavailable,
		Message: "The credentials can't be checked at the moment.",
		Err:     cause,
	}
}

// statusOf answers the status that Keystone gave, 0 for none.
func statusOf(err error) int {
	if e, ok := errors.AsType[gophercloud.ErrUnexpectedResponseCode](err); ok {
		return e.Actual
	}
	return 0
}

// reason says why Keystone could not be asked. What Keystone itself says is left out: it may repeat tokens.
func reason(err error) error {
	if renewal, ok := errors.AsType[*gophercloud.ErrUnableToReauthenticate](err); ok {
		return fmt.Errorf("renew the service's own token: %w", reason(renewal.ErrReauth))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("it does not answer in time")
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed
	}
	switch status := statusOf(err); status {
	case 0:
		return fmt.Errorf("the answer can't be read (%T)", err)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("it answers %d: the service's own credentials are wrong, or its role may not check tokens", status)
	default:
		return fmt.Errorf("it answers %d", status)
	}
}
