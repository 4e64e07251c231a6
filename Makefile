# golangci-lint is pinned in a module of its own, so that users of this module do not depend on its many dependencies.
LINT := go tool -modfile=tools/go.mod golangci-lint

GENERATED := gen/gen.gen.go gen/server/server.gen.go bench/hosts/hosts.gen.go

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## build and start the service with the example inventory, data in ./data
	go build -o bin/peering ./cmd/peering
	@exec bin/peering serve --data-dir data --inventory examples/inventory.yaml --log-format text

.PHONY: generate
generate: ## generate gen/ from openapi.yaml and the code of the benchmark
	go generate ./gen/...
	cd bench && go generate ./...

.PHONY: test
test: ## vet and run the unit and end-to-end tests with the race detector; needs Go only
	go vet ./...
	go test -race -shuffle=on -timeout 10m ./...
	go test -run Cheap ./validate/...
	cd tools && go test ./...

.PHONY: test-long
test-long: ## run the crash, chaos, overload and fuzz tests with many more rounds, and print the ten slowest tests
	cd tools && go build -o ../bin/slowest ./slowest
	@{ PEERING_TEST_LONG=1 go test -json -race -shuffle=on -timeout 14m ./internal/e2e ./internal/etcd; \
	   go test -json -race -timeout 5m -run '^TestCreatesUnderFaults$$' ./client -fault.creates 5000; \
	   go test -json -timeout 10m -run '^TestAgreesWithKinOpenAPI$$' ./validate -validate.cases 200000; } | bin/slowest

.PHONY: fuzz
fuzz: ## compare a million random requests with kin-openapi's verdict; PEERING_TEST_SEED=N repeats a run
	go test -run '^TestAgreesWithKinOpenAPI$$' -v -timeout 30m ./validate -validate.cases 1000000

.PHONY: check
check: ## lint, and check that go.mod is tidy and generated code is up to date
	$(LINT) run
	go mod tidy -diff
	cd tools && go mod tidy -diff && go vet ./... && go tool golangci-lint run
	cd conformance && go mod tidy -diff && go vet ./...
	cd bench && go mod tidy -diff && go vet ./... && go tool -modfile=../tools/go.mod golangci-lint run
	@before=$$(cat $(GENERATED) | cksum); $(MAKE) -s generate; after=$$(cat $(GENERATED) | cksum); \
	[ "$$before" = "$$after" ] || { echo "generated code is out of date: commit the result of 'make generate'"; exit 1; }

.PHONY: conformance
conformance: ## run third-party clients and fuzzers against the service; needs Node and Python too
	cd conformance && go run .

.PHONY: readme
readme: ## run the commands of README.md and docs/ in a clean copy and compare their output; needs ports 8080 and 8081
	cd tools && go run ./readme

.PHONY: bench
bench: ## compare validation with its peers, creates with bare etcd transactions, and measure scale and overload
	cd bench && go run .
	go test -run '^$$' -bench . -benchtime 5x -timeout 20m ./internal/e2e
	go test -run '^$$' -bench . -benchtime 3x -timeout 20m ./internal/etcd
