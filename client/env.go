package client

import (
	"cmp"
	"os"
)

// DefaultEndpoint is the endpoint that FromEnv uses if PEERING_ENDPOINT is not
// set.
const DefaultEndpoint = "http://127.0.0.1:8080"

// FromEnv returns a client that is configured by the same environment variables
// as the command line:
//
//	PEERING_ENDPOINT    URL of the service (default DefaultEndpoint)
//	PEERING_PROJECT     project, see WithProject
//	PEERING_TOKEN       token, see WithToken
//	PEERING_ACCESS_KEY, PEERING_SECRET_KEY    keys, see WithCredentials
//
// Options take precedence: WithProject replaces the project of the environment,
// and any credentials among the options replace all of its credentials. FromEnv
// returns the same errors as New.
func FromEnv(opts ...Option) (*Client, error) {
	env := environment{
		project:   os.Getenv("PEERING_PROJECT"),
		token:     os.Getenv("PEERING_TOKEN"),
		accessKey: os.Getenv("PEERING_ACCESS_KEY"),
		secretKey: os.Getenv("PEERING_SECRET_KEY"),
	}
	all := append([]Option{func(o *options) { o.env = env }}, opts...)
	return New(cmp.Or(os.Getenv("PEERING_ENDPOINT"), DefaultEndpoint), all...)
}

// environment holds the project and the credentials that FromEnv has read.
type environment struct {
	project, token, accessKey, secretKey string
}

// applyTo fills in what the options leave unset.
func (e environment) applyTo(o *options) {
	o.project = cmp.Or(o.project, e.project)
	if o.token == "" && o.tokenSource == nil && o.accessKey == "" && o.secretKey == "" {
		o.token, o.accessKey, o.secretKey = e.token, e.accessKey, e.secretKey
	}
}
