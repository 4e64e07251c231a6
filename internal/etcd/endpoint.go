package etcd

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// UsesTLS tells whether an endpoint asks for TLS.
func UsesTLS(endpoint string) bool {
	scheme, _, _ := strings.Cut(endpoint, ":")
	return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "unixs")
}

// answer is what the etcd at an endpoint says of itself. Its error names the endpoint.
type answer struct {
	endpoint, version string
	err               error
}

// askAll asks all endpoints at a time. There is an answer for each, in whatever order.
func askAll(ctx context.Context, client *clientv3.Client, config clientv3.Config) <-chan answer {
	answers := make(chan answer, len(config.Endpoints))
	for _, endpoint := range config.Endpoints {
		go func() {
			a := answer{endpoint: endpoint}
			if a.version, a.err = ask(ctx, client, endpoint, config.DialTimeout); a.err != nil && UsesTLS(endpoint) {
				a.err = cmp.Or(alert(ctx, endpoint, config), a.err)
			}
			answers <- a
		}()
	}
	return answers
}

// errAsksForUser is an etcd that is there, but says nothing to a client without a user.
var errAsksForUser = errors.New("it asks for a user and a password")

// ask answers the version of the etcd at an endpoint.
func ask(ctx context.Context, client *clientv3.Client, endpoint string, timeout time.Duration) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := client.Dial(endpoint)
	if err != nil {
		return "", fmt.Errorf("connect to etcd at %s: %w", endpoint, err)
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	// The Status of the client would keep to itself why there is no connection.
	resp, err := pb.NewMaintenanceClient(conn).Status(ctx, &pb.StatusRequest{}, grpc.WaitForReady(true))
	if errors.Is(rpctypes.Error(err), rpctypes.ErrUserEmpty) {
		return "", fmt.Errorf("etcd at %s: %w", endpoint, errAsksForUser)
	}
	if err != nil {
		return "", fmt.Errorf("etcd at %s does not answer: %w", endpoint, connectionError(err))
	}
	return resp.Version, nil
}

// connectionError answers what gRPC says of a connection, without the words of the layers in between.
func connectionError(err error) error {
	text := status.Convert(err).Message()
	if i := strings.Index(text, `desc = "`); i >= 0 {
		if inner, err := strconv.Unquote(text[i+len("desc = "):]); err == nil {
			text = inner
		}
	}
	return errors.New(text)
}

// alert answers what an etcd has against the certificate of this client, or nil. It says so after the handshake, when
// gRPC may have written already and see nothing but a broken connection.
func alert(ctx context.Context, endpoint string, config clientv3.Config) error {
	ctx, cancel := context.WithTimeout(ctx, config.DialTimeout)
	defer cancel()
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil
	}
	dialer := tls.Dialer{Config: config.TLS}
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err == nil {
		closed := context.AfterFunc(ctx, func() { _ = conn.Close() })
		_, err = conn.Read(make([]byte, 1))
		if closed() {
			_ = conn.Close() // nothing was written
		}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "remote error" {
		return fmt.Errorf("etcd at %s refuses the connection: %w", endpoint, err)
	}
	return nil
}
