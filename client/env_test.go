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
		signed              string
		refused             bool
	}{
		{name: "nothing", url: client.DefaultEndpoint},
		{
			name: "all that goes together",
			env:  map[string]string{"ENDPOINT": "http://there.test/prefix", "PROJECT": project, "TOKEN": secretToken},
			url:  "http://there.test/prefix", project: project, token: secretToken,
		},
		{name: "keys", env: map[string]string{"ACCESS_KEY": "AK", "SECRET_KEY": secretKey}, url: client.DefaultEndpoint, signed: "Access=AK,"},
		{
			name: "options win", env: map[string]string{"PROJECT": project, "TOKEN": secretToken},
			options: []client.Option{client.WithProject(other), client.WithToken("mine")}, url: client.DefaultEndpoint, project: other, token: "mine",
		},
		{
			name: "keys of an option beside a token", env: map[string]string{"TOKEN": secretToken},
			options: []client.Option{client.WithCredentials("MINE", secretKey)}, url: client.DefaultEndpoint, signed: "Access=MINE,",
		},
		{
			name: "a token of an option beside keys", env: map[string]string{"ACCESS_KEY": "AK", "SECRET_KEY": secretKey},
			options: []client.Option{client.WithToken("mine")}, url: client.DefaultEndpoint, token: "mine",
		},
		{name: "an endpoint that is none", env: map[string]string{"ENDPOINT": "there.test"}, refused: true},
		{name: "a token and keys", env: map[string]string{"TOKEN": "t", "ACCESS_KEY": "AK", "SECRET_KEY": secretKey}, refused: true},
		{name: "half the keys", env: map[string]string{"ACCESS_KEY": "AK"}, refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"ENDPOINT", "PROJECT", "TOKEN", "ACCESS_KEY", "SECRET_KEY"} {
				t.Setenv("PEERING_"+name, tt.env[name])
			}
			s := &script{steps: []step{fine}}
			c, err := client.FromEnv(append(tt.options, client.WithHTTPClient(&http.Client{Transport: s}))...)
			if (err != nil) != tt.refused {
				t.Fatal(err)
			}
			if tt.refused {
				return
			}
			if err := doings["GET"](t.Context(), c); err != nil {
				t.Fatal(err)
			}
			got := s.sent[0]
			if got.URL.String() != tt.url+"/v2.0/vpc/peerings/1" || got.Header.Get("X-Project-Id") != tt.project ||
				got.Header.Get("X-Auth-Token") != tt.token || !strings.Contains(got.Header.Get("Authorization"), tt.signed) ||
				(tt.signed == "") != (got.Header.Get("Authorization") == "") {
				t.Errorf("sent %s %v", got.URL, got.Header)
			}
		})
	}
}
