package validate

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/peering/peering/internal/httpbody"
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
	body := &checkedBody{maxDepth: c.operation.options.MaxDepth}
	if err := body.read(c.request, c.operation.options.MaxBody); err != nil {
		return err
	}
	data := body.Bytes()
	plan := c.operation.body
	if len(data) == 0 {
		if plan.declared.Required {
			return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "required", Reason: "is required"}}}
		}
		return nil
	}
	media, err := plan.mediaOf(c.request.Header)
	if err != nil {
		return err
	}
	c.media, c.data, c.bodyVerdict = media, data, unsure
	body.json = media.json
	c.request.Body = body
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
	body.keep(c.run)
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

func tooLarge(limit int64) *Error {
	return &Error{Kind: TooLarge, Violations: []Violation{
		{In: Body, Keyword: "size", Reason: fmt.Sprintf("must have at most %d bytes", limit)},
	}}
}

// read reads the body of a request into b.
func (b *checkedBody) read(r *http.Request, limit int64) error {
	body, err := httpbody.ReadInto(&b.own, r, limit)
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(tooLong.Limit)
	}
	if err != nil {
		return &Error{Kind: Invalid, Violations: []Violation{{In: Body, Keyword: "read", Reason: "did not arrive whole"}}, Err: err}
	}
	b.Body = body
	return nil
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
