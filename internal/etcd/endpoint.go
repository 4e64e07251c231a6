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

// UsesTLS reports whether connections to an endpoint use TLS.
func UsesTLS(endpoint string) bool {
	scheme, _, _ := strings.Cut(endpoint, ":")
	return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "unixs")
}

// endpointStatus is the version of the etcd at an endpoint, or an error that
// names the endpoint.
type endpointStatus struct {
	endpoint, version string
	err               error
}

// queryEndpoints queries all endpoints concurrently. The channel receives one
// status for each, in any order.
func queryEndpoints(ctx context.Context, client *clientv3.Client, config clientv3.Config) <-chan endpointStatus {
	statuses := make(chan endpointStatus, len(config.Endpoints))
	for _, endpoint := range config.Endpoints {
		go func() {
			version, err := queryVersion(ctx, client, endpoint, config.DialTimeout)
			if err != nil && UsesTLS(endpoint) {
				err = cmp.Or(tlsAlert(ctx, endpoint, config), err)
			}
			statuses <- endpointStatus{endpoint, version, err}
		}()
	}
	return statuses
}

// errNeedsUser means that an etcd responds, but not to a client without a user.
var errNeedsUser = errors.New("it requires a user and a password")

// queryVersion returns the version of the etcd at an endpoint.
func queryVersion(
	ctx context.Context, client *clientv3.Client, endpoint string, timeout time.Duration,
) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := client.Dial(endpoint)
	if err != nil {
		return "", fmt.Errorf("connect to etcd at %s: %w", endpoint, err)
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	// The client's Status would hide the reason why there is no connection.
	resp, err := pb.NewMaintenanceClient(conn).Status(ctx, &pb.StatusRequest{}, grpc.WaitForReady(true))
	if errors.Is(rpctypes.Error(err), rpctypes.ErrUserEmpty) {
		return "", fmt.Errorf("etcd at %s: %w", endpoint, errNeedsUser)
	}
	if err != nil {
		return "", fmt.Errorf("etcd at %s does not respond: %w", endpoint, connectionError(err))
	}
	return resp.Version, nil
}

// connectionError strips what the layers in between add to gRPC's description of
// a connection error.
func connectionError(err error) error {
	text := status.Convert(err).Message()
	if i := strings.Index(text, `desc = "`); i >= 0 {
		if inner, err := strconv.Unquote(text[i+len("desc = "):]); err == nil {
			text = inner
		}
	}
	return errors.New(text)
}

// tlsAlert returns the reason why an etcd rejects this client's certificate, or
// nil if it does not. etcd sends the alert after the handshake. By then gRPC may
// have written already, and reports only a broken connection.
func tlsAlert(ctx context.Context, endpoint string, config clientv3.Config) error {
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
