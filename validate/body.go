package validate

import (
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// compiledBody is the request body of an operation, with its schemas compiled.
type compiledBody struct {
	declared *openapi3.RequestBody
	schemas  map[*openapi3.MediaType]*compiledSchema
	// byHeader caches the media types of common Content-Type headers.
	byHeader map[string]*compiledMedia
}

// compiledMedia is one media type that a request body can have.
type compiledMedia struct {
	schema *openapi3.SchemaRef
	// json bodies get the strict JSON checks. They are decoded here if compiled
	// is set; kin-openapi decodes all others.
	json     bool
	compiled *compiledSchema
	fallback string
}

func compileBody(declared *openapi3.RequestBody, c *compiler) *compiledBody {
	b := &compiledBody{declared: declared, schemas: map[*openapi3.MediaType]*compiledSchema{}, byHeader: map[string]*compiledMedia{}}
	for _, media := range declared.Content {
		if media.Schema != nil {
			b.schemas[media] = c.compile(media.Schema, nil)
		}
	}
	for mediaType := range declared.Content {
		for _, parameters := range []string{"", ";charset=utf-8", "; charset=utf-8", ";charset=UTF-8", "; charset=UTF-8"} {
			header := http.Header{"Content-Type": {mediaType + parameters}}
			if media, err := b.checkMediaType(header); err == nil {
				b.byHeader[mediaType+parameters] = media
			}
		}
	}
	return b
}

// compileMedia returns the compiled form of a declared media type for bodies
// sent as mediaType, which can be more specific.
func (b *compiledBody) compileMedia(declared *openapi3.MediaType, mediaType string) *compiledMedia {
	mediaType = strings.ToLower(mediaType)
	media := &compiledMedia{schema: declared.Schema, json: mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")}
	schema := b.schemas[declared]
	switch {
	case !media.json:
		media.fallback = "not JSON"
	case schema == nil:
	case !decodesJSON(mediaType) || declared.Encoding[""] != nil || schema.source.Type.Is("string") && schema.source.Format == "binary":
		media.fallback = "not decoded as JSON"
	default:
		media.compiled, media.fallback = schema, schema.anyFallback()
	}
	return media
}

// decodesJSON reports whether kin-openapi decodes a media type with its own
// JSON decoder. Applications can register others.
func decodesJSON(mediaType string) bool {
	decoder := openapi3filter.RegisteredBodyDecoder(mediaType)
	if decoder == nil {
		decoder = openapi3filter.RegisteredBodyDecoder("application/json")
	}
	return reflect.ValueOf(decoder).Pointer() == reflect.ValueOf(openapi3filter.JSONBodyDecoder).Pointer()
}

// mediaFor returns the media type of a request body.
func (b *compiledBody) mediaFor(header http.Header) (*compiledMedia, error) {
	if _, encoded := header["Content-Encoding"]; !encoded {
		if media := b.byHeader[header.Get("Content-Type")]; media != nil {
			return media, nil
		}
	}
	return b.checkMediaType(header)
}

// checkMediaType returns the media type of a request body, or an *Error of kind
// UnsupportedMediaType if the operation does not accept it.
func (b *compiledBody) checkMediaType(header http.Header) (*compiledMedia, error) {
	unsupported := func(field, reason string) error {
		return &Error{Kind: UnsupportedMediaType, Violations: []Violation{{In: Header, Field: field, Keyword: "mediaType", Reason: reason}}}
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, unsupported("Content-Encoding", "must be absent: compressed bodies are not supported")
	}
	contentType := header.Get("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	declared := b.declared.Content.Get(contentType)
	if err != nil || declared == nil {
		return nil, unsupported("Content-Type", "must be "+strings.Join(slices.Sorted(maps.Keys(b.declared.Content)), " or "))
	}
	if charset, ok := parameters["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return nil, unsupported("Content-Type", "must have charset utf-8 or none")
	}
	return b.compileMedia(declared, mediaType), nil
}
