# Four verbs and a few more. Each runs scripts/setup first, which is quick when nothing is missing.
.DEFAULT_GOAL := help
# More arguments for the bench, such as BENCH='--only start'.
BENCH ?=
.PHONY: help setup demo test bench bench-stages lint plugin soak soak-short train-smoke test-training test-footage test-rivals
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

FOOTAGE ?= ../shared/data
VENV := training/work/venv
# One command for all: another selection of packages would be another set of features, and a second build.
BUILD := cargo build --locked --release

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## install what is missing: system packages, ONNX Runtime, the OpenVINO provider
	@scripts/setup

demo: setup ## render a night street, degrade it, restore it: videos, pictures and figures in demo/
	$(BUILD)
	target/release/tapetum demo

test: setup ## every test that needs nothing but this repository
	cargo test --workspace --locked --no-fail-fast

bench: setup ## every promise on speed against its bar, in 15 quiet minutes; BENCH_QUICK=1: does it run?
	$(BUILD)
	scripts/bench $(BENCH)

bench-stages: setup ## criterion benches of the engine's stages
	cargo bench --workspace --locked

lint: setup ## formatting, clippy, documentation, shell scripts
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	shellcheck scripts/setup scripts/bench scripts/soak-short scripts/test-footage training/gpu/* .ci/run

plugin: setup ## the GStreamer plugin as a file, and how to let GStreamer find it
	$(BUILD)
	@echo 'export GST_PLUGIN_PATH="$(CURDIR)/target/release"'

soak: setup ## cut a camera off 200 times in SOAK_MINUTES (60), start and stop 1000 times, measure delay; SOAK_ONLY=cycles: one phase
	mkdir -p target/soak && rm -f target/soak/results.md
	SOAK_MINUTES=$${SOAK_MINUTES:-60} SOAK_BARS=1 SOAK_RESULTS="$(CURDIR)/target/soak/results.md" \
	  cargo test --release --locked --no-fail-fast --test soak -- --nocapture --test-threads 1 $(SOAK_ONLY)

soak-short: plugin ## 100 short gst-launch-1.0 runs, each of which must exit 0
	scripts/soak-short

test-footage: setup ## restore the two night clips in $(FOOTAGE), which a clone does not have
	$(BUILD)
	scripts/test-footage $(FOOTAGE)

test-rivals: setup ## third-party models through a sidecar alone; they lie in ../shared/rivals, which a clone does not have
	cargo test --locked -p gst-plugin-lowlight --test lowlightrestore_rivals -- --ignored

# The stamp is newer than the requirements once they are installed.
$(VENV)/stamp: training/requirements.lock
	scripts/setup --training
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --require-hashes --no-deps -r training/requirements.lock
	touch $@

test-training: setup $(VENV)/stamp ## the training code and benches/python: ruff and their own tests (Python; fetches 3 GB the first time)
	$(VENV)/bin/ruff check --config training/ruff.toml training benches/python
	$(VENV)/bin/ruff format --config training/ruff.toml --check training benches/python
	$(VENV)/bin/python -m pytest -q training/tests benches/python

train-smoke: setup $(VENV)/stamp ## pairs, 20 steps, export, int8, evaluate on drawn scenes: the whole line in two minutes
	$(VENV)/bin/python -m training.smoke
