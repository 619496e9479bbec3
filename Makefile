# `make demo` shows tirek, `make test` tests it; each starts from a bare Debian 12 and neither needs the other first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
TEST_PACKAGES := chromium firefox-esr ffmpeg iproute2 fonts-dejavu-core poppler-utils tmux socat gpsd gpsd-tools kiwix-tools zim-tools \
  gcc libc6-dev libsimavr-dev libelf-dev qemu-system-arm firmware-microbit-micropython \
  mmdebstrap systemd-container debian-archive-keyring qemu-system-common e2fsprogs
BENCH_PACKAGES := $(TEST_PACKAGES) janus
SOAK_PACKAGES := qemu-system-x86
SOAK_SECONDS ?= 3600
BUNDLE_PYTHON ?= 3.11
BUNDLE_KEY ?= $(HOME)/.config/tirek/bundle.key

.PHONY: demo setup test check bench soak bundle lock clean
demo: .venv/.run            ## a hub and a classroom on this computer; DEMO_SECONDS=20 ends by itself
	@exec $(BIN)/tirek demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

setup: .venv/.dev .venv/.firmware  ## everything that demo, test, check and bench need
	@$(call packages,$(TEST_PACKAGES))

test: setup check           ## the gate and the whole suite; TESTS=tests/house for a part of it
	@$(BIN)/python -m $(if $(TESTS),pytest -ra $(TESTS),tests.shares)

check: .venv/.dev           ## format, lint, types, floors and house rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -p no:cacheprovider tests/house

bench: .venv/.dev           ## the table of docs/measured, on this machine
	@$(call packages,$(BENCH_PACKAGES))
	@$(BIN)/python -m tests.bench

soak: setup                 ## hours: 500 kills, 1000 power cuts, 10000 classes with cards, the kiosk, Debian's kernel; the demo (SOAK_SECONDS)
	@$(call packages,$(SOAK_PACKAGES))
	@TREE_KILLS=500 POWER_CUTS=1000 JOURNAL_STEPS=100000 $(BIN)/python -m pytest -q \
	  tests/flows/test_journal_kills.py tests/sync/test_power_cut.py tests/sync/test_convergence.py
	@REPAIR_CASES=400 $(BIN)/python -m pytest -q tests/content/test_mending.py
	@POLITE_NODES=1 $(BIN)/python -m pytest -q tests/net/test_polite_nodes.py
	@CARD_SCENES=10000 $(BIN)/python -m pytest -q tests/cards/test_scenes.py
	@CRASH_CUTS=1000 $(BIN)/python -m pytest -q tests/crash
	@KIOSK=1 $(BIN)/python -m pytest -q tests/appliance/test_kiosk.py
	@FULL_KERNEL=1 $(BIN)/python -m pytest -q -ra tests/appliance/test_full_devices.py tests/appliance/test_full_faults.py
	@exec $(BIN)/tirek demo --seconds $(SOAK_SECONDS)

bundle: .venv/.dev          ## a folder for a stick that installs without a network; BUNDLE_PYTHON=3.13 for Debian 13, KIOSK=1 with screens
	@$(BIN)/python systemd/bundle.py --python $(BUNDLE_PYTHON) --key $(BUNDLE_KEY) $(if $(KIOSK),--kiosk)

lock: .venv/.dev            ## resolve the dependencies anew
	@$(PIP) install uv
	$(BIN)/$(LOCK) --upgrade --extra build -o requirements.lock pyproject.toml
	$(BIN)/$(LOCK) --upgrade --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:                      ## back to a fresh clone, recordings of the demo included
	rm -rf .venv build dist demo-state .*_cache .hypothesis *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@$(call virtual_environment)

.venv/.run: requirements.lock pyproject.toml | .venv/bin/python
	@echo "tirek: installing the locked dependencies"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@echo "tirek: installing what the tests need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.firmware: | .venv/bin/python
	@$(call firmware,avrgirl-arduino,5.0.1,4b49db8316e2f38dcebf1b0de87eecd7ff4cc277e32501ccfc6edc2bc5755015)
	@touch $@

# $(1) package, $(2) version, $(3) sha256: firmware of real boards, prebuilt, from npm; unpacked for the tests.
define firmware
mkdir -p .venv/firmware/$(1)-$(2); \
if command -v npm >/dev/null && npm pack --silent --pack-destination .venv/firmware $(1)@$(2) >/dev/null; then \
  echo "$(3)  .venv/firmware/$(1)-$(2).tgz" | sha256sum --check --quiet; \
  tar -xzf .venv/firmware/$(1)-$(2).tgz -C .venv/firmware/$(1)-$(2) --strip-components=1; \
  rm .venv/firmware/$(1)-$(2).tgz; \
else echo "tirek: $(1) cannot be had from npm; tests with the firmware of real boards are skipped"; fi
endef

# $(1): Debian packages. Root installs the missing ones; anybody else gets one line to paste, and what needs them is skipped.
define packages
if command -v dpkg-query >/dev/null; then \
  missing=(); \
  for package in $(1); do \
    [ "$$(dpkg-query -W -f '$${db:Status-Abbrev}' $$package 2>/dev/null)" = "ii " ] || missing+=("$$package"); \
  done; \
  if [ $${#missing[@]} -gt 0 ] && ! { [ $$(id -u) = 0 ] && $(call apt,"$${missing[@]}"); }; then \
    echo "tirek: tests that need these Debian packages are skipped: sudo apt-get install --no-install-recommends $${missing[*]}"; \
  fi; \
else \
  echo "tirek: not Debian; tests are skipped where one of these is missing: $(1)"; \
fi
endef

apt = { export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && apt-get -qq install --yes --no-install-recommends $(1) >/dev/null; }

# The system's Python comes first; any other from 3.11 will do. Debian keeps `ensurepip` in a package of its own.
define virtual_environment
choose() { \
  for python in /usr/bin/python3 python3.11 python3.12 python3.13 python3; do \
    if "$$python" -c "import sys, $$1; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then return; fi; \
  done; \
  return 1; \
}; \
if ! choose 'ensurepip, venv'; then \
  if [ $$(id -u) = 0 ] && command -v apt-get >/dev/null; then $(call apt,python3-venv) || true; fi; \
  choose 'ensurepip, venv' || { echo "tirek: Python 3.11 with venv is missing: sudo apt-get install --no-install-recommends python3-venv" >&2; exit 1; }; \
fi; \
"$$python" -m venv --clear .venv
endef
