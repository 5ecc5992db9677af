# Two commands to start with: `make demo` scores real photos with a real model, `make test` runs
# every test. Both set up what they need first: downloads are pinned, verified and kept in the
# user's cache folder (or $MUSC_CACHE), so that a second run needs no network.

GO ?= go
FUZZTIME ?= 3s

.PHONY: build setup demo test bench bench-peers check fuzz clean

build:
	$(GO) build -o musc ./cmd/musc

setup: build
	./musc setup runtime model

demo: build
	./musc setup runtime model demo
	./musc score "$$(./musc setup --where demo)" -o out/demo --overwrite

# Tests that run a model use the library of the set-up, unless the variable names another.
test: setup
	MUSC_ONNXRUNTIME="$${MUSC_ONNXRUNTIME:-$$(./musc setup --where runtime)}" $(GO) test ./...

# Throughput on this machine, in about five minutes; bench/README.md says how to read it. The peers
# to compare with are installed into the cache once, by choice: 540 MB.
bench: setup
	$(GO) run ./bench

bench-peers:
	$(GO) run ./bench setup-peers

# What CI asks for besides the tests: formatting, vet, staticcheck.
check:
	@unformatted=$$(gofmt -l cmd engine models cgo bench); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# Every fuzz test for $(FUZZTIME), one after the other as `go test -fuzz` wants it.
fuzz: setup
	@set -e; \
	for file in $$(grep -rlE --include='*_test.go' '^func Fuzz' .); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9]+' $$file | cut -d' ' -f2); do \
	    $(GO) test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) ./$$(dirname $$file); \
	  done; \
	done

clean:
	rm -rf musc out
