# Two commands to start with: `make demo` scores real photos with a real model, `make test` runs
# every test. Both set up what they need first: downloads are pinned, verified and kept in the
# user's cache folder (or $MUSC_CACHE), so that a second run needs no network.

GO ?= go
FUZZTIME ?= 20000x

# CUDA=no builds without CUDA. Otherwise the binary has it where a cuda.h of CUDA 12 is found or can
# be fetched; it needs no GPU or driver to start. headers is asked once, when the first target wants
# to know. The folder of the empty libcuda.a comes before those that gorgonia.org/cu names itself: a
# libcuda.so there would make the binary need the driver.
CUDA ?= auto
CUDA_INCLUDE = $(eval CUDA_INCLUDE := $(if $(filter no,$(CUDA)),,$(shell \
	$(GO) run ./cgo/cuda/headers)))$(CUDA_INCLUDE)
WITH_CUDA = $(if $(CUDA_INCLUDE),CGO_CFLAGS="-O2 -g '-I$(CUDA_INCLUDE)'" \
	CGO_LDFLAGS="-O2 -g '-L$(CURDIR)/cgo/cuda/shim/stub'" GOFLAGS="$$GOFLAGS -tags=cuda")

.PHONY: build setup demo test test-page test-kubernetes test-slurm bench bench-peers check \
	check-exports fuzz soak mutants generate kernels check-kernels check-layouts check-gpu-packs \
	gpu-check dist-setup dist check-dist test-dist check-licences vulncheck clean

build:
	$(WITH_CUDA) $(GO) build -o musc ./cmd/musc

# What a driver here runs on its GPU is fetched, too: SETUP=--no-gpu declines.
SETUP ?=
setup: build
	./musc setup $(SETUP) runtime model codecs

demo: build
	./musc setup $(SETUP) runtime model codecs demo
	./musc score "$$(./musc setup --where demo)" -o out/demo --overwrite

# Tests that run a model or a decoder use the libraries of the set-up, unless the variables name
# others. RACE=-race runs them under the race detector, as CI does: three times as long, hence the limit.
RACE ?=
test: setup
	$(WITH_CUDA) MUSC_ONNXRUNTIME="$${MUSC_ONNXRUNTIME:-$$(./musc setup --where runtime)}" \
		MUSC_CODECS="$${MUSC_CODECS:-$$(./musc setup --where codecs)}" $(GO) test -timeout 30m $(RACE) ./...

# Throughput on this machine, in about five minutes, and some more where there is a CUDA device, which
# is measured by itself; bench/README.md says how to read it. The peers
# to compare with are installed into the cache once, by choice: 560 MB.
bench: setup
	$(WITH_CUDA) $(GO) run ./bench

bench-peers:
	$(WITH_CUDA) $(GO) run ./bench setup-peers

# A Slurm of its own on this machine, in a temporary folder, and what kills of musc, of a node and of the
# controller do to a run: three minutes. Without Slurm (Debian's slurm-wlm) it says so and is skipped.
test-slurm: setup
	MUSC_TEST_SLURM=1 MUSC_ONNXRUNTIME="$${MUSC_ONNXRUNTIME:-$$(./musc setup --where runtime)}" \
		$(GO) test -count=1 -timeout 15m -v -run '^TestSlurm' ./engine/cluster

# The report's page in a headless Chromium (Debian's package chromium), which must be there: `make test`
# leaves these tests out without one.
test-page:
	MUSC_TEST_CHROMIUM=1 $(GO) test -count=1 $(RACE) ./engine/report/page

# What musc prints for Kubernetes, decoded with Kubernetes' own types: a module of its own.
test-kubernetes:
	cd engine/cluster/kubernetestest && $(GO) vet ./... && $(GO) test ./...

# What CI asks for besides the tests: formatting; imports in three groups (standard, others, musc's);
# vet and staticcheck, with CUDA and without.
check:
	@unformatted=$$(gofmt -l cmd engine models cgo kernels bench); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	@unsorted=$$($(GO) tool gci list -s standard -s default -s 'prefix(musc)' \
		cmd engine models cgo kernels bench); \
	if [ -n "$$unsorted" ]; then echo "imports not in the groups standard, others, musc:"; \
		echo "$$unsorted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	cd cmd/dist && $(GO) vet ./... && $(GO) tool staticcheck ./...
	$(if $(CUDA_INCLUDE),$(WITH_CUDA) $(GO) vet ./...)
	$(if $(CUDA_INCLUDE),$(WITH_CUDA) $(GO) tool staticcheck ./...)

# Exports of a small batch, loaded by the importers of pycocotools, Label Studio, Ultralytics and FiftyOne.
# They come from the package registry into the cache, once: 230 MB to download, 1 GB to keep.
check-exports:
	MUSC_CHECK_EXPORTS=1 $(GO) test -count=1 -timeout 15m -v -run '^TestImporters$$' ./engine/export

# Known vulnerabilities in what musc calls, built with the Go that go.mod recommends (toolchain);
# docs/security.md says more. VULNDB=latest asks the newest database instead of the pinned one.
VULNDB ?= pinned
vulncheck:
	cd cmd/vulncheck && $(GO) vet . && $(GO) test .
	cd cmd/vulncheck && $(WITH_CUDA) \
		$(GO) run . $(if $(filter latest,$(VULNDB)),-latest) ../..

# Every fuzz test on $(FUZZTIME) inputs of its own making, one test after the other as `go test -fuzz` wants
# it. A count, not a time: up to Go 1.26 a test whose time is over can fail with "context deadline
# exceeded". What was found before is in testdata/fuzz, and `make test` runs it.
fuzz: setup
	@failed=; \
	for file in $$(grep -rlE --include='*_test.go' '^func Fuzz' .); do \
	  for name in $$(grep -oE '^func Fuzz[A-Za-z0-9]+' $$file | cut -d' ' -f2); do \
	    $(WITH_CUDA) MUSC_CODECS="$${MUSC_CODECS:-$$(./musc setup --where codecs)}" \
	      $(GO) test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=1x \
	      ./$$(dirname $$file) || failed="$$failed $$name"; \
	  done; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

# Runs that are stopped in every way and go on, $(SOAK) of them: about five seconds each. `make test` has
# some, too.
SOAK ?= 400
soak: setup
	$(WITH_CUDA) MUSC_SOAK=$(SOAK) MUSC_ONNXRUNTIME="$${MUSC_ONNXRUNTIME:-$$(./musc setup --where runtime)}" \
		MUSC_CODECS="$${MUSC_CODECS:-$$(./musc setup --where codecs)}" \
		$(GO) test -timeout 10h -count=1 -v -run TestSoak ./cmd/musc

# Tests of the tests, package by package or only $(PACKAGES): operators are changed one at a time, and
# the changes that no test notices are listed. What runs on a GPU is left out. An hour or two; not in CI.
mutants: setup
	MUSC_ONNXRUNTIME="$${MUSC_ONNXRUNTIME:-$$(./musc setup --where runtime)}" \
		MUSC_CODECS="$${MUSC_CODECS:-$$(./musc setup --where codecs)}" \
		$(GO) run ./bench/mutants $(PACKAGES)

# The forwarders to the driver, from cuda.h; a test compares them with the committed ones.
generate:
	$(WITH_CUDA) $(GO) generate ./cgo/...

# All commands and options as a page, from their definitions; a test compares it with the program's.
.PHONY: reference
reference:
	$(GO) run ./cmd/musc reference markdown > docs/commands.md.new
	mv docs/commands.md.new docs/commands.md

# The kernels' machine code, with the pinned compiler; check-kernels fails where a committed byte
# differs or a kernel is over its budget.
kernels:
	$(GO) run ./kernels/compile -folder kernels
	$(GO) run ./kernels/compile -folder cgo/cuda/fake/testdata

check-kernels:
	$(GO) run ./kernels/compile -check -folder kernels
	$(GO) run ./kernels/compile -check -folder cgo/cuda/fake/testdata

# Every layout that the kernels rely on, compared with what CuTe says of it: 6.4 MB of headers are
# fetched once. `make test` then plants faults there.
check-layouts:
	$(GO) run ./kernels/layouts

# The libraries that `musc setup` fetches for a GPU: is all there that they need, but for the driver?
# It takes no GPU, and 2.6 GB of downloads, which stay in the cache (3.8 GB). Not in CI.
check-gpu-packs: build
	./musc setup gpu --cuda 13
	./musc setup gpu --cuda 12
	MUSC_ONNXRUNTIME= MUSC_CHECK_GPU_PACKS=1 $(GO) test -count=1 -v -run GPUPacks \
		./engine/assets ./engine/backbone

# Two archives for a machine with an NVIDIA GPU, which need neither Go nor a network there: unpack
# both in one folder and run gpu-check/check.sh. The second holds ONNX Runtime's CUDA provider, with
# the machine code of GPU_ARCHITECTURE alone; without it the backbone is not measured.
GPU_CHECK = out/gpu-check
GPU_ARCHITECTURE ?= 90
gpu-check: build
	rm -rf $(GPU_CHECK) $(GPU_CHECK).tar.xz $(GPU_CHECK)-provider.tar.xz
	mkdir -p $(GPU_CHECK)/engine/mutual $(GPU_CHECK)/cgo/cuda/fake $(GPU_CHECK)/testdata
	cp bench/gpu/check.sh $(GPU_CHECK)
	cp -r testdata/fixtures testdata/washer $(GPU_CHECK)/testdata
	cp -r cgo/cuda/fake/testdata $(GPU_CHECK)/cgo/cuda/fake
	$(WITH_CUDA) $(GO) build -ldflags "-s -w" -o $(GPU_CHECK)/musc ./cmd/musc
	$(WITH_CUDA) $(GO) build -ldflags "-s -w" -o $(GPU_CHECK)/gpu ./bench/gpu
	for package in engine/mutual cgo/cuda; do $(WITH_CUDA) $(GO) test -c -ldflags "-s -w" \
		-o $(GPU_CHECK)/$$package/$$(basename $$package).test ./$$package || exit; done
	$(GO) run ./bench/gpu/provider -architecture $(GPU_ARCHITECTURE) -o $(GPU_CHECK)/lib
	tar -C out --exclude=lib -cf - gpu-check | xz -T0 > $(GPU_CHECK).tar.xz
	tar -C out -cf - gpu-check/lib | xz -T0 > $(GPU_CHECK)-provider.tar.xz
	ls -l $(GPU_CHECK)*.tar.xz

# What is handed out, in out/dist, made by a module of its own; docs/releasing.md tells how. After
# dist-setup none of it needs a network. BUNDLE="-cuda 13" for both has libraries for a GPU in the bundle.
BUNDLE ?=
DIST = cd cmd/dist && $(GO) run .
dist-setup:
	$(DIST) setup -root $(CURDIR) $(BUNDLE)

dist:
	$(DIST) build -root $(CURDIR) -o $(CURDIR)/out/dist $(BUNDLE)

# Two builds of the last commit, in two clean clones that share no cache: are they the same bytes? Faster:
# CHECK_DIST="-shared -with $PWD/out/dist" builds once, with the caches of make dist, and compares with that.
check-dist:
	$(DIST) check -root $(CURDIR) $(BUNDLE) $(CHECK_DIST)

# The licences of all that is linked in, held against the allowed ones.
check-licences:
	cd cmd/dist && $(WITH_CUDA) $(GO) run . licences -root $(CURDIR)

# What is in out/dist, installed in an empty root without a network and in a container image, scores the
# washers. It takes root and Debian's mmdebstrap, rpm and buildah; what is missing is left out and said.
# RELEASE=trixie, say, is the root's Debian, if not this machine's.
RELEASE ?=
test-dist:
	cd cmd/dist && $(GO) test ./...
	cd cmd/dist && MUSC_TEST_DIST=1 MUSC_TEST_RELEASE=$(RELEASE) $(GO) test -count=1 -timeout 15m -v \
		-run '^(TestEmptyRoot|TestContainerfile)$$' .

clean:
	rm -rf musc out
