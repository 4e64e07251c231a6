package output

// WriteYAML is exported for tests.
var WriteYAML = writeYAML
