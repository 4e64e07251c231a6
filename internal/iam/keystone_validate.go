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

// lookUp validates a token, unless the cache has it or the circuit is open, and
// caches the result.
func (k *Keystone) lookUp(ctx context.Context, sum [sha256.Size]byte, token string) (peering.Caller, error) {
	// A call that ended just before this one may have filled the cache.
	if cached, ok := k.cache.get(sum, k.now()); ok {
		return cached.callerAt(k.now())
	}
	if !k.breaker.allow(k.now()) {
		return peering.Caller{}, unavailable(errors.New("not sent to keystone, which failed several times in a row"))
	}
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	validated, err := k.validate(ctx, token)
	failed := err != nil && peering.CodeOf(err) == peering.Unavailable
	if failed {
		k.log.ErrorContext(ctx, "keystone is unavailable", "error", errors.Unwrap(err))
	}
	if k.breaker.report(failed, k.now()) {
		k.log.InfoContext(ctx, "keystone is available again")
	}
	if err != nil {
		return peering.Caller{}, err
	}
	validated.staleAt = k.now().Add(k.cacheTTL)
	k.cache.put(sum, validated)
	return validated.callerAt(k.now())
}

// validate sends a token to Keystone. It doesn't check the token's expiry.
func (k *Keystone) validate(ctx context.Context, token string) (cachedToken, error) {
	result := tokens.Get(ctx, k.client, token)
	if err := result.Err; err != nil {
		status := statusOf(err)
		switch {
		case status == http.StatusNotFound:
			return cachedToken{}, unauthenticated("keystone doesn't know the token")
		case status >= 400 && status < 500 && !slices.Contains(serviceStatuses, status):
			return cachedToken{}, unauthenticated("keystone returns %d", status)
		default:
			return cachedToken{}, unavailable(redacted(err))
		}
	}
	var body struct {
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
	if err := result.ExtractInto(&body); err != nil || body.ExpiresAt.IsZero() {
		return cachedToken{}, unavailable(errors.New("the response of keystone is malformed"))
	}
	if !body.Project.ID.Valid() {
		return cachedToken{}, unauthenticated("the token of user %q has no project, or one with an invalid id", body.User.ID)
	}
	caller := peering.Caller{Project: body.Project.ID, User: body.User.ID}
	for _, role := range body.Roles {
		if mapped, ok := k.roles[role.Name]; ok && !slices.Contains(caller.Roles, mapped) {
			caller.Roles = append(caller.Roles, mapped)
		}
	}
	if len(caller.Roles) == 0 {
		return cachedToken{}, &peering.Error{
			Code:    peering.Forbidden,
			Message: "None of the roles of the token permits access to this service.",
			Err:     fmt.Errorf("user %q has %d roles in project %s", body.User.ID, len(body.Roles), body.Project.ID),
		}
	}
	return cachedToken{caller: caller, expires: body.ExpiresAt}, nil
}

// serviceStatuses are the 4xx statuses that Keystone returns because of the
// service's own credentials or requests, not because of the token.
var serviceStatuses = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests,
}

func unavailable(cause error) error {
	return &peering.Error{
		Code:    peering.Unavailable,
		Message: "The credentials can't be checked at the moment.",
		Err:     cause,
	}
}

// statusOf returns the status of Keystone's response, 0 if there was none.
func statusOf(err error) int {
	if e, ok := errors.AsType[gophercloud.ErrUnexpectedResponseCode](err); ok {
		return e.Actual
	}
	return 0
}

// redacted returns the error of a call to Keystone without the response body,
// which may repeat tokens.
func redacted(err error) error {
	if renewal, ok := errors.AsType[*gophercloud.ErrUnableToReauthenticate](err); ok {
		return fmt.Errorf("renew the service's own token: %w", redacted(renewal.ErrReauth))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no response in time")
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed
	}
	switch status := statusOf(err); status {
	case 0:
		return fmt.Errorf("the response is malformed (%T)", err)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("status %d: the service's own credentials are wrong, or its role doesn't permit validating tokens",
			status)
	default:
		return fmt.Errorf("status %d", status)
	}
}
