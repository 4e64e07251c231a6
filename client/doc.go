// Package client is the SDK of the VPC peering service: typed calls and typed errors on top of the client that is
// generated from the contract.
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
//			log.Fatalf("the two VPCs are peered already: %v", err)
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
// Calls go to the two roots of the API. Those named after VPCPeering are the VPC service's and are about the peerings of the
// project; all others are the Cloud Stream Service's and are about its clusters, their peerings and the routes over these.
// The service knows its callers by WithToken, WithTokenSource or WithCredentials, unless it asks for none of them. No
// redirect is followed, which could lead credentials elsewhere.
//
// # What is sent again
//
// A call sends its request up to four times, by default; WithRetryPolicy changes that. It waits in between for a while that
// chance picks below a bound, which doubles each time, and for what Retry-After asks for.
//
//   - Where no connection could be opened, and after 429, nothing has happened: every request is sent again.
//   - After a lost connection, a time-out, an answer that was cut off, 408, 500, 502, 503 and 504 the service may have done
//     what it was asked for. What may be done twice is sent again: GET, PUT, DELETE, and creations, which carry an
//     Idempotency-Key by which the service knows them again. UpdateCluster is not.
//   - Other answers are final, and so is TLS on which the two sides do not agree.
//
// Each attempt is the same request, with the same key, signed anew. A deletion that finds nothing is a success where an
// attempt before it may have deleted what it was about. A token of WithTokenSource that is answered 401 is renewed, once in
// a call.
//
// Repetitions come out of a budget that all calls of a client share, so that a service in trouble is not asked four times as
// often. The context of a call ends it at any time. A Retry-After that is longer than the policy or the context allow for is
// not waited for; the error has it.
//
// # Errors
//
// An *Error is what the service answered: a code, a status, the fields that are wrong, a request id. The functions IsNotFound,
// IsConflict and so on tell kinds of errors apart, the same way on both roots. Calls that got no answer end with the error of
// net/http, which wraps that of a context. Of both IsRetryable tells whether making the call again is safe and may help, and
// IsOutcomeUnknown whether the change that was asked for may have been made all the same. Making the call again settles that;
// for creations with the same key, so whoever wants to do so after a crash chooses the key: see IdempotencyKey.
//
// # Lists and waits
//
// AllVPCPeerings and AllClusters read a list page by page, as it is gone through.
//
// WaitForPeering and its like look until a status or a deletion is there. They end at once where it can't come any more, such
// as when a peering is rejected that was to be ACTIVE, and else with the context, which should have a deadline. A *WaitError
// says what was seen last. An outage does not end them, unless it is there from the beginning.
//
// # Tests
//
// The package clienttest runs the real service in a test, with faults to order.
package client
