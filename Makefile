# One command for each job. `make` lists them.

PACKAGE ?= catdoc
SECONDS ?= 60
DEBIAN_PACKAGES := $(shell sed 's/\#.*//' debian-packages.txt)

.PHONY: help install-tools build test demo drill fuzz bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

install-tools: ## install the Debian packages of debian-packages.txt that are missing
	@command -v dpkg-query >/dev/null || { \
	    echo "install-tools: this is not Debian; install by hand what debian-packages.txt lists"; exit 0; }; \
	missing=; \
	for package in $(DEBIAN_PACKAGES); do \
	    case "$$(dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null)" in \
	        installed) ;; \
	        *) missing="$$missing $$package" ;; \
	    esac; \
	done; \
	if [ -z "$$missing" ]; then echo "install-tools: all packages are there"; exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "install-tools: installing$$missing"; \
	$$sudo apt-get update && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $$missing

build: ## build the programs into target/release
	cargo build --workspace --bins --release --locked

# The examples in the docs come first, so that the last line is the result of the last test program.
# Nothing is compiled twice there, so that nothing is kept for compiling a part of it again.
test: export CARGO_INCREMENTAL ?= 0
test: install-tools ## check format and lints, then run all tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --workspace --locked --doc
	cargo test --workspace --locked --lib --bins --tests

demo: install-tools build ## rebuild PACKAGE (catdoc) by several parties and judge it
	demo/run $(PACKAGE)

drill: install-tools build ## play a theft: PACKAGE's parties, a trust repository, a stolen key and its end
	demo/drill $(PACKAGE)

fuzz: ## fuzz every parser for SECONDS each (60); needs nightly Rust and cargo-fuzz
	fuzz/run $(SECONDS)

bench: ## measure hashing and verdicts beside OpenSSL and the goals
	crates/bench/run
