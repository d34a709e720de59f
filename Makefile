# dev: the product on http://127.0.0.1:3000 · test · test-long · check: what CI runs first · bench · bench-analysis · train · migrate · lock
# A Python from 3.12 on is all that is needed; where it is not found: make dev PYTHON=/path/to/python3.12

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PRODUCT := lib api dev.py public/agent.py

.DEFAULT_GOAL := help
.PHONY: help dev test test-long check bench bench-analysis train migrate lock

help:
	@head -n 2 Makefile | cut -c 3-

# `exec`, so that Ctrl-C finds dev.py itself.
dev: $(VENV)/local.stamp
	@exec $(BIN)/python dev.py

# On every core (tests/parallel.py shares them out). One file or one test: make test ARGS="tests/local -k restart";
# in one process, to see what it prints or to step through it: make test ARGS="-n 0 -s tests/local"
test: $(VENV)/dev.stamp
	@exec $(BIN)/python -m pytest -m "not long" -n auto --maxprocesses 4 $(ARGS)

test-long: $(VENV)/dev.stamp
	@exec $(BIN)/python -m pytest -m long $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --strict lib api
	$(BIN)/bandit --quiet --configfile bandit.yaml --recursive $(PRODUCT)

bench: $(VENV)/dev.stamp
	@exec $(BIN)/python -m tests.bench $(ARGS)

# How good the analysis is, on the series that are shipped or on others: make bench-analysis DATA=folder
bench-analysis: $(VENV)/dev.stamp
	@exec $(BIN)/python -m tests.bench.analysis $(if $(DATA),--data $(DATA)) $(ARGS)

# Learns the reading of questions anew from training/phrases: some three minutes, writes lib/mcp/npu/intent.model.
train: $(VENV)/dev.stamp
	@exec $(BIN)/python -m training.train $(ARGS)

migrate: $(VENV)/local.stamp
	@exec $(BIN)/python -m lib.local.migration

# Writes requirements*.txt from requirements*.in: every package by version and by the hashes of its files, for every
# system. What is pinned already stays; make lock ARGS="--upgrade" or ARGS="--upgrade-package flask" takes what is newer.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: $(VENV)/dev.stamp
	$(LOCK) $(ARGS) requirements.in --output-file requirements.txt
	$(LOCK) $(ARGS) requirements-local.in --constraints requirements.txt --output-file requirements-local.txt
	$(LOCK) $(ARGS) requirements-dev.in --constraints requirements-local.txt --output-file requirements-dev.txt

$(BIN)/python:
	@set -e; \
	found=; \
	for candidate in "$(PYTHON)" python3.14 python3.13 python3.12 python3 "$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3 \
	        /usr/local/bin/python3 /opt/homebrew/bin/python3; do \
	    [ -n "$$candidate" ] || continue; \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
	        found="$$candidate"; break; \
	    fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "OpenManager needs Python 3.12 or newer with its venv module (Debian: apt install python3-venv)." >&2; \
	    echo "If you have one elsewhere: make PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	fi; \
	echo "making $(VENV) with $$found"; \
	"$$found" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Installed again only when what is required has changed. pip takes nothing whose hash is not in the file.
$(VENV)/local.stamp: requirements-local.txt | $(BIN)/python
	@echo "installing what the product needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-local.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt | $(BIN)/python
	@echo "installing what the product and its tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/local.stamp
