# golangci-lint is pinned in a module of its own, so that its dependencies reach nobody who builds the service.
LINT := go tool -modfile=tools/go.mod golangci-lint

GENERATED := gen/gen.gen.go gen/server/server.gen.go bench/hosts/hosts.gen.go

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## build and start the service with the example inventory, data in ./data
	go build -o bin/peering ./cmd/peering
	@exec bin/peering serve --data-dir data --inventory examples/inventory.yaml --log-format text

.PHONY: generate
generate: ## generate gen/ from openapi.yaml, and what the benchmark needs
	go generate ./gen/...
	cd bench && go generate ./...

.PHONY: test
test: ## vet and run all tests with the race detector, and those of memory without
	go vet ./...
	go test -race -shuffle=on -timeout 20m ./...
	go test -run Cheap ./validate/...

.PHONY: check
check: ## lint, check that go.mod is tidy and that generated code is up to date
	$(LINT) run
	go mod tidy -diff
	cd tools && go mod tidy -diff
	cd conformance && go mod tidy -diff && go vet ./...
	cd bench && go mod tidy -diff && go vet ./... && go tool -modfile=../tools/go.mod golangci-lint run
	@before=$$(cat $(GENERATED) | cksum); $(MAKE) -s generate; after=$$(cat $(GENERATED) | cksum); \
	[ "$$before" = "$$after" ] || { echo "generated code was not up to date; commit what 'make generate' made"; exit 1; }

.PHONY: conformance
conformance: ## run clients that others wrote and fuzzers against the service; needs Node and Python, too
	cd conformance && go run .

.PHONY: chaos
chaos: ## check what clients are answered while members, servers and connections fail, and that 10,000 creations happen once
	go test -run '^TestChaos$$' -v -timeout 1h ./cmd/peering -chaos.operations 20000 -chaos.rate 100
	go test -race -run '^TestCreatesUnderFaults$$' -v -timeout 30m ./client -fault.creates 10000

.PHONY: fuzz
fuzz: ## compare a million random requests with kin-openapi's verdict; PEERING_TEST_SEED=N repeats a run
	go test -run '^TestAgreesWithKinOpenAPI$$' -v -timeout 30m ./validate -validate.cases 1000000

.PHONY: bench
bench: ## time validation against its peers, creations against bare etcd transactions, a million peerings, overload
	cd bench && go run .
	go test -run '^$$' -bench . -benchtime 5x -timeout 20m ./cmd/peering
	go test -run '^$$' -bench . -benchtime 3x -timeout 20m ./internal/etcd

.PHONY: readme
readme: ## run the README's commands in a clean copy and compare their output; needs 127.0.0.1:8080 and 8081
	cd tools && go run ./readme
