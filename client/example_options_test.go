package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

func ExampleWithOnAttempt() {
	service, stop := startService()
	defer stop()
	ctx := context.Background()

	printAttempt := func(_ context.Context, a client.Attempt) {
		fmt.Println(a.Number, a.Method, a.Path, a.Status, a.Again)
	}
	c, err := client.New(service.URL, client.WithProject(shop), client.WithOnAttempt(printAttempt))
	if err != nil {
		fmt.Println(err)
		return
	}
	service.Inject("listVpcPeerings", 1, clienttest.Status(http.StatusServiceUnavailable, 0))
	if _, err := c.ListVPCPeerings(ctx, client.VPCPeeringQuery{}); err != nil {
		fmt.Println(err)
		return
	}
	// Output:
	// 1 GET /v2.0/vpc/peerings 503 true
	// 2 GET /v2.0/vpc/peerings 200 false
}

func ExampleWithTokenSource() {
	service, stop := startService()
	defer stop()
	ctx := context.Background()

	n := 0
	source := func(context.Context) (string, error) {
		n++ // a real source requests a token from Keystone
		fmt.Println("token", n)
		return fmt.Sprintf("token-%d", n), nil
	}
	c, err := client.New(service.URL, client.WithProject(shop), client.WithTokenSource(source))
	if err != nil {
		fmt.Println(err)
		return
	}
	service.Inject("listPeerings", 1, clienttest.Status(http.StatusUnauthorized, 0)) // the first token has expired
	peerings, err := c.ListPeerings(ctx, "1000000")
	fmt.Println(len(peerings), err)
	// Output:
	// token 1
	// token 2
	// 0 <nil>
}

// The transport counts attempts. For tracing use otelhttp.NewTransport in its
// place.
func ExampleWithTransport() {
	service, stop := startService()
	defer stop()

	sent := 0
	count := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			sent++
			return next.RoundTrip(r)
		})
	}
	c, err := client.New(service.URL, client.WithProject(shop), client.WithTransport(count))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.ShowCluster(context.Background(), "1000000")
	fmt.Println(sent, err)
	// Output: 1 <nil>
}

// roundTripper is a function that implements http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func ExampleFromEnv() {
	service, stop := startService()
	defer stop()

	defer setenv("PEERING_ENDPOINT", service.URL)()
	defer setenv("PEERING_PROJECT", shop)()
	c, err := client.FromEnv()
	if err != nil {
		fmt.Println(err)
		return
	}
	cluster, err := c.ShowCluster(context.Background(), "1000000")
	fmt.Println(cluster.Name, err)
	// Output: mycluster <nil>
}

// setenv sets an environment variable. The function that it returns unsets it.
func setenv(name, value string) (unset func()) {
	if err := os.Setenv(name, value); err != nil {
		log.Fatal(err)
	}
	return func() { _ = os.Unsetenv(name) } // cannot fail after Setenv
}
