package validate

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// bodyPlan is a request body, compiled.
type bodyPlan struct {
	declared *openapi3.RequestBody
	nodes    map[*openapi3.MediaType]*node
	// usual are the plans for headers Content-Type that many send.
	usual map[string]*mediaPlan
}

// mediaPlan is what a body has to be in one of its forms.
type mediaPlan struct {
	schema *openapi3.SchemaRef
	// json bodies get the strict checks. Ones with a node are decoded here, too; all others by kin-openapi.
	json bool
	node *node
	why  string
}

func mapKeys(content openapi3.Content) iter.Seq[string] { return maps.Keys(content) }

func newBodyPlan(declared *openapi3.RequestBody, c *compiler) *bodyPlan {
	plan := &bodyPlan{declared: declared, nodes: map[*openapi3.MediaType]*node{}, usual: map[string]*mediaPlan{}}
	for _, media := range declared.Content {
		if media.Schema != nil {
			plan.nodes[media] = c.compile(media.Schema, nil)
		}
	}
	for mediaType := range declared.Content {
		for _, parameters := range []string{"", ";charset=utf-8", "; charset=utf-8", ";charset=UTF-8", "; charset=UTF-8"} {
			header := http.Header{"Content-Type": {mediaType + parameters}}
			if made, err := plan.checkMediaType(header); err == nil {
				plan.usual[mediaType+parameters] = made
			}
		}
	}
	return plan
}

// media answers the plan for a body of a media type under one of the media types that are declared.
func (plan *bodyPlan) media(declared *openapi3.MediaType, mediaType string) *mediaPlan {
	mediaType = strings.ToLower(mediaType)
	made := &mediaPlan{schema: declared.Schema, json: mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")}
	node := plan.nodes[declared]
	switch {
	case !made.json:
		made.why = "it is not JSON"
	case node == nil:
	case !decodesJSON(mediaType) || declared.Encoding[""] != nil || node.schema.Type.Is("string") && node.schema.Format == "binary":
		made.why = "it is not decoded as JSON"
	default:
		made.node, made.why = node, node.unsure()
	}
	return made
}

// decodesJSON tells whether kin-openapi decodes a media type by its own decoder for JSON. Others may be registered.
func decodesJSON(mediaType string) bool {
	decoder := openapi3filter.RegisteredBodyDecoder(mediaType)
	if decoder == nil {
		decoder = openapi3filter.RegisteredBodyDecoder("application/json")
	}
	return reflect.ValueOf(decoder).Pointer() == reflect.ValueOf(openapi3filter.JSONBodyDecoder).Pointer()
}

// readBody reads the body, does the checks that come before those of the schema, and finds out what the compiled form
// says. It leaves the bytes in the request.
func (c *check) readBody() error {
	left := &body{maxDepth: c.operation.options.MaxDepth}
	data, err := c.operation.read(c.request, left.few[:])
	if err != nil {
		return err
	}
	plan := c.operation.body
	if len(data) == 0 {
		c.request.Body = http.NoBody
		if plan.declared.Required {
			return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "required", Reason: "is required"}}}
		}
		return nil
	}
	if c.media, err = plan.mediaOf(c.request.Header); err != nil {
		return err
	}
	c.data, c.bodyVerdict = data, unsure
	left.data, left.json = data, c.media.json
	left.Reset(data)
	c.request.Body, c.request.ContentLength = left, int64(len(data))
	if !c.media.json {
		return nil
	}
	if !c.run.scan(data, c.operation.options.MaxDepth) {
		if c.operation.options.LaxJSON {
			c.media = &mediaPlan{schema: c.media.schema}
			return nil
		}
		return &Error{Kind: Invalid, Violations: []Violation{*c.run.violation()}}
	}
	left.keep(c.run)
	if c.media.schema == nil {
		c.bodyVerdict = valid
	}
	if c.media.node == nil {
		return nil
	}
	switch ok := c.run.valid(c.media.node, 0); {
	case c.run.ask:
	case ok:
		c.bodyVerdict = valid
	default:
		c.bodyVerdict = invalid
	}
	return nil
}

// kin-openapi's answer costs time for every schema that it applies, and memory for every value and for the text of its
// errors, which hold the value again. So it is asked why a body is wrong where the body is small in each of these, and
// whether one is wrong where that is bearable.
const (
	cheap      = 400
	cheapBytes = 4 << 10
	bearable   = 100_000
)

// askBody has kin-openapi decide about the body. An *Error is a refusal of this package's own.
func (c *check) askBody(input *openapi3filter.RequestValidationInput) error {
	node, declared := c.media.node, c.operation.body.declared
	if node == nil {
		return openapi3filter.ValidateRequestBody(c.request.Context(), input, declared)
	}
	c.run.again(weighing)
	c.run.valid(node, 0)
	switch cost := c.run.cost; {
	case c.bodyVerdict == invalid && (cost > cheap || len(c.run.entries) > cheap || len(c.data) > cheapBytes):
		return c.explain()
	case cost > bearable || c.run.tooComplex():
		return tooComplex()
	}
	value := c.run.decode(0, string(c.data))
	if err := node.schema.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.MultiErrors()); err != nil {
		return &openapi3filter.RequestError{Input: input, RequestBody: declared, Err: err}
	}
	return nil
}

// tooComplex refuses a body on which the schemas take too long, those of kin-openapi included.
func tooComplex() error {
	return &Error{Kind: Invalid, Violations: []Violation{
		{In: Body, Keyword: "complexity", Reason: "must be simpler: to check it takes too long"},
	}}
}

// explain lists what the compiled form found wrong.
func (c *check) explain() error {
	c.run.again(explaining)
	c.run.valid(c.media.node, 0)
	if len(c.run.violations) == 0 {
		return tooComplex()
	}
	return &Error{Kind: Invalid, Violations: slices.Clone(c.run.violations)}
}

// TooLarge answers the refusal of a body over Options.MaxBody, for whoever reads bodies before Check does; nil where the
// operation declares no body.
func (o *Operation) TooLarge() *Error {
	if o.route.Operation.RequestBody == nil {
		return nil
	}
	return tooLarge(o.options.MaxBody)
}

// read answers the body, in the buffer where it fits and its length is known.
func (o *Operation) read(r *http.Request, buffer []byte) ([]byte, error) {
	limit := o.options.MaxBody
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	data, err := readAll(r, limit, buffer)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	if err != nil {
		return nil, &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "read", Reason: "did not arrive whole"}}, Err: err}
	}
	return data, nil
}

func tooLarge(limit int64) *Error {
	return &Error{Kind: TooLarge, Violations: []Violation{
		{In: Body, Keyword: "size", Reason: fmt.Sprintf("must have at most %d bytes", limit)},
	}}
}

// readAll reads the body, and one byte over the limit at most. Where the length is known it takes one buffer of
// that length and one byte more, to find the end: the one that it is given, or a larger one.
func readAll(r *http.Request, limit int64, buffer []byte) ([]byte, error) {
	if r.ContentLength <= 0 {
		return io.ReadAll(io.LimitReader(r.Body, limit+1))
	}
	if r.ContentLength >= int64(len(buffer)) {
		buffer = make([]byte, r.ContentLength+1)
	}
	data, n := buffer[:r.ContentLength+1], 0
	for n < len(data) {
		read, err := r.Body.Read(data[n:])
		n += read
		if err == io.EOF {
			return data[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
	rest, err := io.ReadAll(io.LimitReader(r.Body, limit+1-int64(n)))
	return append(data, rest...), err
}

// mediaOf answers the plan for the body of a request.
func (plan *bodyPlan) mediaOf(header http.Header) (*mediaPlan, error) {
	if _, encoded := header["Content-Encoding"]; !encoded {
		if made := plan.usual[header.Get("Content-Type")]; made != nil {
			return made, nil
		}
	}
	return plan.checkMediaType(header)
}

// checkMediaType answers the plan for the media type of the body where the operation takes it.
func (plan *bodyPlan) checkMediaType(header http.Header) (*mediaPlan, error) {
	unsupported := func(field, reason string) error {
		return &Error{Kind: UnsupportedMediaType, Violations: []Violation{{In: Header, Field: field, Keyword: "mediaType", Reason: reason}}}
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, unsupported("Content-Encoding", "must be absent: the body has to be sent uncompressed")
	}
	contentType := header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	declared := plan.declared.Content.Get(contentType)
	if err != nil || declared == nil {
		return nil, unsupported("Content-Type", "must be "+strings.Join(slices.Sorted(mapKeys(plan.declared.Content)), " or "))
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return nil, unsupported("Content-Type", "must have charset utf-8 or none")
	}
	return plan.media(declared, mediaType), nil
}
