package client

import (
	"cmp"
	"os"
)

// DefaultEndpoint is where FromEnv calls a service unless PEERING_ENDPOINT names another one.
const DefaultEndpoint = "http://127.0.0.1:8080"

// FromEnv is New with what the environment says, as for the command line:
//
//	PEERING_ENDPOINT    the URL of the service; DefaultEndpoint where it is empty
//	PEERING_PROJECT     the project, as WithProject
//	PEERING_TOKEN       a token, as WithToken
//	PEERING_ACCESS_KEY, PEERING_SECRET_KEY    keys, as WithCredentials
//
// Options win: the project of the environment counts where no option names one, and its credentials where no option brings
// any.
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

// environment is what the environment says of who calls.
type environment struct {
	project, token, accessKey, secretKey string
}

// fill gives the options what they leave open.
func (e environment) fill(o *options) {
	o.project = cmp.Or(o.project, e.project)
	if o.token == "" && o.source == nil && o.accessKey == "" && o.secretKey == "" {
		o.token, o.accessKey, o.secretKey = e.token, e.accessKey, e.secretKey
	}
}
