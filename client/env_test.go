package client_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/peering/peering/client"
)

func TestFromEnv(t *testing.T) {
	const other = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
	for _, tt := range []struct {
		name                string
		env                 map[string]string
		options             []client.Option
		url, project, token string
		accessKey           string // "Access=" in Authorization
		wantErr             bool
	}{
		{name: "uses defaults", url: client.DefaultEndpoint},
		{
			name: "reads endpoint, project and token",
			env:  map[string]string{"ENDPOINT": "http://service.test/prefix", "PROJECT": project, "TOKEN": secretToken},
			url:  "http://service.test/prefix", project: project, token: secretToken,
		},
		{
			name: "reads an access key",
			env:  map[string]string{"ACCESS_KEY": "AK", "SECRET_KEY": secretKey},
			url:  client.DefaultEndpoint, accessKey: "Access=AK,",
		},
		{
			name:    "prefers options",
			env:     map[string]string{"PROJECT": project, "TOKEN": secretToken},
			options: []client.Option{client.WithProject(other), client.WithToken("mine")},
			url:     client.DefaultEndpoint, project: other, token: "mine",
		},
		{
			name:    "ignores the token if an option sets an access key",
			env:     map[string]string{"TOKEN": secretToken},
			options: []client.Option{client.WithCredentials("MINE", secretKey)},
			url:     client.DefaultEndpoint, accessKey: "Access=MINE,",
		},
		{
			name:    "ignores the access key if an option sets a token",
			env:     map[string]string{"ACCESS_KEY": "AK", "SECRET_KEY": secretKey},
			options: []client.Option{client.WithToken("mine")},
			url:     client.DefaultEndpoint, token: "mine",
		},
		{
			name:    "rejects an invalid endpoint",
			env:     map[string]string{"ENDPOINT": "service.test"},
			wantErr: true,
		},
		{
			name:    "rejects a token and an access key",
			env:     map[string]string{"TOKEN": "t", "ACCESS_KEY": "AK", "SECRET_KEY": secretKey},
			wantErr: true,
		},
		{
			name:    "rejects an access key without a secret key",
			env:     map[string]string{"ACCESS_KEY": "AK"},
			wantErr: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"ENDPOINT", "PROJECT", "TOKEN", "ACCESS_KEY", "SECRET_KEY"} {
				t.Setenv("PEERING_"+name, tt.env[name])
			}
			s := &scriptedTransport{steps: []step{respondOK}}
			c, err := client.FromEnv(append(tt.options, client.WithHTTPClient(&http.Client{Transport: s}))...)
			if (err != nil) != tt.wantErr {
				t.Fatal(err)
			}
			if tt.wantErr {
				return
			}
			if err := callsByMethod["GET"](t.Context(), c); err != nil {
				t.Fatal(err)
			}
			got, _ := s.first(t)
			authorization := got.Header.Get("Authorization")
			if got.URL.String() != tt.url+"/v2.0/vpc/peerings/1" || got.Header.Get("X-Project-Id") != tt.project ||
				got.Header.Get("X-Auth-Token") != tt.token || !strings.Contains(authorization, tt.accessKey) ||
				(tt.accessKey == "") != (authorization == "") {
				t.Errorf("sent %s %v", got.URL, got.Header)
			}
		})
	}
}
