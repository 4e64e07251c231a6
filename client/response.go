package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxResponseBytes limits the size of a response body. A page of 2000 peerings
// has about 1 MiB.
const maxResponseBytes = 16 << 20

var (
	errResponseTooLarge = fmt.Errorf("response exceeds %d bytes", maxResponseBytes)
	// errTruncated is a success whose body is not valid JSON.
	errTruncated = errors.New("response is truncated or not JSON")
)

// A bufferedBody is a response body that has been read completely.
type bufferedBody struct {
	io.Reader

	data []byte
	// call is the call that the response belongs to.
	call *call
}

// Close implements io.Closer.
func (*bufferedBody) Close() error { return nil }

// bufferBody reads the body of the response, closes it and replaces it with a
// *bufferedBody. It returns an error if the body is incomplete, too large, or
// that of a success but not valid JSON.
func bufferBody(c *call, resp *http.Response) error {
	data, err := readBody(resp)
	err = errors.Join(err, resp.Body.Close())
	if err == nil && isSuccess(resp) && resp.StatusCode != http.StatusNoContent && !json.Valid(data) {
		err = errTruncated
	}
	if err != nil {
		return fmt.Errorf("%s %s: read response: %w", resp.Request.Method, resp.Request.URL.Redacted(), err)
	}
	resp.Body = &bufferedBody{Reader: bytes.NewReader(data), data: data, call: c}
	return nil
}

func readBody(resp *http.Response) ([]byte, error) {
	switch {
	case resp.ContentLength > maxResponseBytes:
		return nil, errResponseTooLarge
	case resp.ContentLength >= 0:
		data := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, data)
		return data, err
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseBytes+1))
	if err == nil && len(data) > maxResponseBytes {
		err = errResponseTooLarge
	}
	return data, err
}

func isSuccess(resp *http.Response) bool { return resp.StatusCode/100 == 2 }

// decode returns the body of a success as a T, and an *Error for any other
// response. It takes the results of a method of gen.ClientInterface.
func decode[T any](resp *http.Response, err error) (T, error) {
	var body T
	data, err := success(resp, err)
	if err != nil {
		return body, err
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return body, fmt.Errorf("%s %s: decode response: %w", resp.Request.Method, resp.Request.URL.Redacted(), err)
	}
	return body, nil
}

// success returns the body of a success, and an *Error for any other response.
func success(resp *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	body, ok := resp.Body.(*bufferedBody)
	if !ok {
		return nil, errors.New("response did not pass through the client's sender")
	}
	if !isSuccess(resp) {
		return nil, newError(resp, body)
	}
	return body.data, nil
}

// ignoreNotFound returns the error of a delete. It returns nil if the error has
// the code for "not found" and an earlier attempt of the same call may have
// deleted the resource.
func ignoreNotFound(err error, notFoundCode string) error {
	if e, ok := errors.AsType[*Error](err); ok && e.maybeProcessed && e.hasCode(notFoundCode) {
		return nil
	}
	return err
}
