// Package client is the Go SDK of the VPC peering service. It provides typed
// calls for every operation of the contract, typed errors, safe retries,
// iterators over lists and waiters.
//
// A complete program that peers a cluster's VPC with another one and waits
// until the peering is active:
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//		"time"
//
//		"github.com/peering/peering/client"
//	)
//
//	func main() {
//		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
//		defer cancel()
//		c, err := client.FromEnv(client.WithProject("4f30b9215e054c908d18f2b150131646"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		p, err := c.CreatePeering(ctx, "1000000", client.PeeringCreate{
//			Name:  "myVpc",
//			VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
//		})
//		if client.IsConflict(err) {
//			log.Fatalf("the two VPCs are already peered: %v", err)
//		}
//		if err != nil {
//			log.Fatal(err)
//		}
//		p, err = c.WaitForPeering(ctx, "1000000", p.ID, client.Active)
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(p.ID, p.Status)
//	}
//
// The API has two roots. Methods named after VPCPeering call the VPC service
// and manage the peerings of the project's own VPCs. All other methods call the
// Cloud Stream Service and manage the project's clusters, their peerings and
// the routes over those peerings.
//
// # Authentication
//
// A client authenticates with a token ([WithToken], [WithTokenSource]) or by
// signing its requests with an access key ([WithCredentials]). [FromEnv] reads
// either from the environment. Without credentials requests are sent
// unauthenticated, which only a service that runs with --auth none accepts.
//
// If the service returns 401 for a token from [WithTokenSource], the SDK gets a
// new token and repeats the call, at most once per call.
//
// The SDK never follows redirects, because they could send the credentials to
// another host. Credentials appear neither in errors nor in logs.
//
// # Retries
//
// The SDK retries idempotent requests within a retry budget; creates carry an
// Idempotency-Key. A call makes up to 4 attempts by default, with exponential
// backoff and full jitter, plus the delay given in Retry-After.
// [WithRetryPolicy] changes these defaults.
//
//   - After a failure to connect and after 429 the request has had no effect,
//     so every request is retried.
//   - After a lost connection, a timeout, a truncated response, 408, 500, 502,
//     503 and 504 the service may have processed the request. GET, PUT and
//     DELETE requests are retried, and so are creates, whose Idempotency-Key
//     makes the service return the original response. [Client.UpdateCluster] is
//     not retried.
//   - All other responses are final, and so are TLS errors such as an untrusted
//     certificate.
//
// Every attempt sends the same request with the same Idempotency-Key and a
// fresh signature. If a delete gets "not found" after an attempt that may have
// been processed, the call succeeds.
//
// All calls of a client share one retry budget, so retries add little load to a
// service in trouble. The context of a call bounds all its attempts and delays.
// If Retry-After exceeds what the policy or the context allows, the call
// returns the error at once; see RetryAfter in [Error].
//
// # Lists
//
// [Client.AllVPCPeerings] and [Client.AllClusters] return iterators that fetch
// pages as needed.
//
// # Waiting
//
// [Client.WaitForPeering], [Client.WaitForVPCPeering], [Client.WaitForCluster]
// and their Deleted variants poll until the resource has the wanted status or
// is deleted. They return a [*WaitError] with the status seen last as soon as
// the wanted status can no longer be reached, for example when a peering is
// rejected, and when the context ends, which should therefore have a deadline.
// Once a poll has succeeded, later outages do not end the wait.
//
// # Errors
//
// An [*Error] is an error response of the service, with its code, HTTP status,
// request id and the invalid fields. [IsNotFound], [IsConflict] and the other
// predicates classify errors in the same way for both roots. A call that gets
// no response returns the error of net/http, which wraps the context's error if
// the context has ended.
//
// For either, [IsRetryable] reports whether it is safe and useful to make the
// call again, and [IsOutcomeUnknown] whether the change may have been made in
// spite of the error. Making the call again resolves an unknown outcome. To be
// able to do so after a crash, choose the key of a create yourself; see
// [IdempotencyKey].
//
// # Testing
//
// Package clienttest runs the real service inside a test, with a settable clock
// and fault injection.
package client
