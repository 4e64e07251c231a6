package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/peering/peering/client"
	"github.com/peering/peering/client/clienttest"
)

// The projects of the examples.
const (
	shop    = clienttest.Project
	partner = "9a7b63e1c2d84f0f8e5d6c7b8a901234"
)

// exampleTB is the testing.TB of a clienttest.Server in an example.
type exampleTB struct {
	testing.TB

	ctx      context.Context
	cleanups []func()
}

// startService starts a service with the cluster 1000000 of the project shop.
func startService() (s *clienttest.Server, stop func()) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	tb := &exampleTB{ctx: ctx, cleanups: []func(){cancel}}
	return clienttest.NewServer(tb), func() {
		for _, cleanup := range slices.Backward(tb.cleanups) {
			cleanup()
		}
	}
}

func (tb *exampleTB) Helper() {}

func (tb *exampleTB) Context() context.Context { return tb.ctx }

func (tb *exampleTB) Cleanup(f func()) { tb.cleanups = append(tb.cleanups, f) }

func (tb *exampleTB) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

func (tb *exampleTB) Errorf(format string, args ...any) { log.Fatalf(format, args...) }

func (tb *exampleTB) TempDir() string {
	dir, err := os.MkdirTemp("", "peering")
	if err != nil {
		log.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) }) // best effort: it is a temporary directory
	return dir
}

// The life cycle of a peering: the shop requests it, waits until its partner has
// accepted it, adds a route over it and deletes it.
func Example() {
	service, stop := startService()
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	c, err := client.New(service.URL, client.WithProject(shop))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := c.CreatePeering(ctx, "1000000", client.PeeringCreate{
		Name: "partner", VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb", AcceptTenantID: partner,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, p.Status)

	go acceptAll(ctx, service.URL)
	p, err = c.WaitForPeering(ctx, "1000000", p.ID, client.Active)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, p.Status)

	route, err := c.CreateRoute(ctx, "1000000", p.ID, "192.168.0.0/16")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("to", route.Destination)

	peerings, err := c.ListPeerings(ctx, "1000000")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range peerings {
		fmt.Println("listed", p.Name, p.Status)
	}

	if err := c.DeletePeering(ctx, "1000000", p.ID); err != nil {
		fmt.Println(err)
		return
	}
	if err := c.WaitForPeeringDeleted(ctx, "1000000", p.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("deleted")
	// Output:
	// partner PENDING_ACCEPTANCE
	// partner ACTIVE
	// to 192.168.0.0/16
	// listed partner ACTIVE
	// deleted
}

// acceptAll accepts all peerings that wait for the partner.
func acceptAll(ctx context.Context, endpoint string) {
	c, err := client.New(endpoint, client.WithProject(partner))
	if err != nil {
		log.Fatal(err)
	}
	for p, err := range c.AllVPCPeerings(ctx, client.VPCPeeringQuery{Status: client.PendingAcceptance}) {
		if err != nil {
			log.Fatal(err)
		}
		if _, err := c.AcceptVPCPeering(ctx, p.ID); err != nil {
			log.Fatal(err)
		}
	}
}

func ExampleError() {
	service, stop := startService()
	defer stop()
	ctx := context.Background()

	c, err := client.New(service.URL, client.WithProject(shop))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.CreatePeering(ctx, "1000000", client.PeeringCreate{Name: "my VPC"})
	if apiErr, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(apiErr.Status, apiErr.Code)
		for _, v := range apiErr.Violations {
			fmt.Println(v.In, v.Field, v.Reason)
		}
	}
	// Output:
	// 400 CS.10004
	// body /name must be letters, digits, "_", "-" and "."
	// body /vpc_id must be 32 hexadecimal digits or a UUID
}

// A program stores the key of a create before it makes the call. If it crashes,
// it repeats the call with the same key and gets the original peering.
func ExampleIdempotencyKey() {
	service, stop := startService()
	defer stop()
	ctx := context.Background()

	request := client.PeeringCreate{Name: "myVpc", VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb"}
	create := func() (client.Peering, error) {
		c, err := client.New(service.URL, client.WithProject(shop))
		if err != nil {
			return client.Peering{}, err
		}
		return c.CreatePeering(ctx, "1000000", request, client.IdempotencyKey("order-4711"))
	}
	first, err := create()
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := create()
	fmt.Println(first == second, err)
	// Output: true <nil>
}

func ExampleClient_AllVPCPeerings() {
	service, stop := startService()
	defer stop()
	ctx := context.Background()

	c, err := client.New(service.URL, client.WithProject(shop))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 5 {
		_, err := c.CreateVPCPeering(ctx, client.VPCPeeringCreate{
			Name:           fmt.Sprintf("vpc-%d", i),
			RequestVPCInfo: client.VPCReference{VPCID: fmt.Sprintf("%032x", i)},
			AcceptVPCInfo:  client.VPCReference{VPCID: fmt.Sprintf("%032x", i+10)},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for p, err := range c.AllVPCPeerings(ctx, client.VPCPeeringQuery{Limit: 2}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p.Name, p.Status)
	}
	// Output:
	// vpc-0 ACTIVE
	// vpc-1 ACTIVE
	// vpc-2 ACTIVE
	// vpc-3 ACTIVE
	// vpc-4 ACTIVE
}

// A rejected peering can never become ACTIVE, so the wait ends early.
func ExampleWaitError() {
	service, stop := startService()
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	c, err := client.New(service.URL, client.WithProject(shop), client.WithWaitPolicy(client.WaitPolicy{
		OnPoll: func(p client.Poll) { fmt.Println("status", p.Status) },
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := c.CreatePeering(ctx, "1000000", client.PeeringCreate{
		Name: "myVpc", VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.RejectVPCPeering(ctx, p.ID); err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.WaitForPeering(ctx, "1000000", p.ID, client.Active)
	if waitErr, ok := errors.AsType[*client.WaitError](err); ok {
		fmt.Println("want", waitErr.Want, "got", waitErr.Last)
	}
	// Output:
	// status REJECTED
	// want [ACTIVE] got REJECTED
}

// Predicates classify errors in the same way on both roots.
func ExampleIsNotFound() {
	service, stop := startService()
	defer stop()
	ctx := context.Background()

	c, err := client.New(service.URL, client.WithProject(shop))
	if err != nil {
		fmt.Println(err)
		return
	}
	const id = "7e974044-bcc1-4f25-aff8-5f10cb347b0f"
	_, onCS := c.ShowPeering(ctx, "1000000", id)
	_, onVPC := c.ShowVPCPeering(ctx, id)
	fmt.Println(client.IsNotFound(onCS), client.IsNotFound(onVPC))
	// Output: true true
}
