// Package client is the SDK of the VPC peering service: typed calls and typed errors on top of the client that is
// generated from the contract.
//
//	c, err := client.New("http://127.0.0.1:8080", client.WithProject("4f30b9215e054c908d18f2b150131646"))
//	if err != nil {
//		return err
//	}
//	p, err := c.CreatePeering(ctx, "1000000", client.PeeringCreate{
//		Name:  "myVpc",
//		VPCID: "f4da5a55-fcd9-4a93-8b86-5b81585e14bb",
//	})
//	if client.IsConflict(err) {
//		// The two VPCs are peered already; the error names the peering.
//	}
//
// Calls go to the two roots of the API. Those named after VPCPeering are the VPC service's and are about the peerings of the
// project; all others are the Cloud Stream Service's and are about its clusters, their peerings and the routes over these.
// No redirect is followed, which could lead credentials elsewhere.
//
// The service knows its callers by WithToken, WithTokenSource or WithCredentials, unless it asks for none of them.
package client
