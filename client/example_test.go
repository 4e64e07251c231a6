package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/peering/peering/client"
	"github.com/peering/peering/internal/etcd"
	"github.com/peering/peering/internal/peering"
	"github.com/peering/peering/server"
)

// serve starts a service that knows the cluster 1000000 of the project, and answers its URL.
func serve(ctx context.Context) (endpoint string, stop func()) {
	dir, err := os.MkdirTemp("", "peering")
	if err != nil {
		log.Fatal(err)
	}
	store, err := etcd.Open(ctx, etcd.Config{DataDir: dir})
	if err != nil {
		log.Fatal(err)
	}
	service := peering.NewService(store, peering.DefaultRules(), time.Now, func() peering.ID { return peering.ID(uuid.Must(uuid.NewV7()).String()) })
	if err := service.AddClusters(ctx, []peering.Cluster{{
		ClusterRef: peering.ClusterRef{Project: project, ID: "1000000"},
		Name:       "mycluster",
		VPC:        peering.VPC{ID: "83081290-198e-48e2-8e2d-64c50023d136", Tenant: "8185f87d043f4519a68420a282b5e2fa"},
		VPCCIDR:    "172.16.0.0/23",
		SubnetCIDR: "172.16.0.0/23",
	}}); err != nil {
		log.Fatal(err)
	}
	handler, err := server.New(server.Config{
		Peerings: service,
		Authenticate: func(_ *http.Request, named peering.ID) (peering.Caller, error) {
			return peering.Caller{Project: named, Roles: []peering.Role{peering.Admin}}, nil
		},
		Log: slog.New(slog.DiscardHandler),
		Now: time.Now,
	})
	if err != nil {
		log.Fatal(err)
	}
	s := httptest.NewServer(handler)
	return s.URL, func() {
		s.Close()
		if err := errors.Join(store.Close(), os.RemoveAll(dir)); err != nil {
			log.Fatal(err)
		}
	}
}

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	endpoint, stop := serve(ctx)
	defer stop()

	c, err := client.New(endpoint, client.WithProject("4f30b9215e054c908d18f2b150131646"))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := c.CreatePeering(ctx, "1000000", client.PeeringCreate{
		Name:  "myVpc",
		VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, p.Status)

	accepted, err := c.AcceptVPCPeering(ctx, p.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(accepted.Name, accepted.Status)
	// Output:
	// myVpc PENDING_ACCEPTANCE
	// myVpc ACTIVE
}

func ExampleError() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	endpoint, stop := serve(ctx)
	defer stop()

	c, err := client.New(endpoint, client.WithProject("4f30b9215e054c908d18f2b150131646"))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.CreatePeering(ctx, "1000000", client.PeeringCreate{Name: "my VPC"})
	if refused, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(refused.Status, refused.Code)
		for _, v := range refused.Violations {
			fmt.Println(v.In, v.Field, v.Reason)
		}
	}
	// Output:
	// 400 CS.10004
	// body /name must be letters, digits, "_", "-" and "."
	// body /vpc_id must be 32 hexadecimal digits or a UUID
}
