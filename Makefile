# Everything works on a fresh Debian 12 with git, make and a Rust toolchain, as root or with sudo.

.PHONY: help deps build deb demo test lint bench soak clean

help:
	@echo 'make demo   try Siaga on this machine: a probe server and an agent on loopback'
	@echo 'make test   everything that this machine can test; what it cannot, it names'
	@echo 'make bench  measure time, bytes, latency and memory, and compare with iperf3 (docs/bench-results.md, docs/server-results.md)'
	@echo 'make soak   what takes too long for every day (docs/soak-results.md)'
	@echo 'make lint   formatting, clippy, licenses and sources of the libraries'
	@echo 'make build  the two programs, in target/release'
	@echo 'make deb    the two packages, in target/debian (docs/install.md)'

deps:
	@tests/scripts/deps build

build: deps
	cargo build --release --locked

deb: build
	@tests/scripts/deps package
	@systemd/debian/build

demo: build
	@tests/scripts/demo

test:
	@tests/scripts/deps build test
	@tests/scripts/test

lint:
	@tests/scripts/deps build
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@tests/scripts/deny

bench:
	@tests/scripts/deps build bench
	@tests/scripts/bench

soak:
	@tests/scripts/deps build bench
	@tests/scripts/soak

clean:
	cargo clean
