# `make run` and `make test` are all that a stranger needs; `make help` tells the rest.
# What a person who installs Folio reads is in Spanish; what a developer reads is in English.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
# An empty PYTHON means: the newest that is found and fits (tools/make-env.sh).
PYTHON ?=
FUZZ_SECONDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help run env test chaos check planted bench fuzz fresh fresh-debian-12 fresh-debian-13 image-check test-env lock clean

help:  ## tell what each target does
	@sed -n 's/^\([a-z0-9-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: env  ## start Folio on http://127.0.0.1:8000 and do the example's work
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; exec $(VENV)/bin/folio serve

env: $(VENV)/run.installed  ## make the environment alone: .venv, with .venv/bin/folio in it

$(VENV)/run.installed: requirements/run.lock tools/make-env.sh
	@PYTHON='$(PYTHON)' sh tools/make-env.sh

test: test-env  ## install what the tests need, then run them all
	@sh tools/run-tests.sh

test-env: $(VENV)/test.installed
	@sh tools/system-packages.sh
	@sh tools/node-packages.sh

$(VENV)/test.installed: requirements/test.lock $(VENV)/run.installed
	@echo 'Installing what the tests need...'
	@$(PYTHON_IN_VENV) -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/test.lock
	@touch $@

chaos: test-env  ## break Folio while it works, at full size (half an hour), and write down what was seen
	@FOLIO_CHAOS=full $(PYTHON_IN_VENV) -m pytest tests/chaos

check: $(VENV)/test.installed  ## lint, format, types and import contracts
	@sh tools/check.sh

planted: $(VENV)/test.installed  ## plant the mistakes that must not be made, one by one, and see a test notice each
	@$(PYTHON_IN_VENV) tools/planted_mistakes.py

bench: $(VENV)/test.installed  ## measure everything beside the peers, in one run: half an hour, alone on the machine
	@$(PYTHON_IN_VENV) -m benchmarks

fuzz: $(VENV)/fuzz.installed  ## spoil files for FUZZ_SECONDS at each of what reads a stranger's: it stops at a surprise
	@for target in guard reader template papers; do \
		$(PYTHON_IN_VENV) -m tests.fuzz.run $$target --coverage --seconds $(FUZZ_SECONDS) || exit 1; \
	done

$(VENV)/fuzz.installed: requirements/fuzz.lock $(VENV)/test.installed
	@$(PYTHON_IN_VENV) -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/fuzz.lock
	@touch $@

fresh: fresh-debian-12 fresh-debian-13  ## do what a stranger does, in a bare Debian 12 and 13 (needs root, debootstrap)

fresh-debian-12: env
	@$(PYTHON_IN_VENV) tools/fresh.py bookworm

fresh-debian-13: env
	@$(PYTHON_IN_VENV) tools/fresh.py trixie

image-check: env  ## build both images of the Dockerfile and try them as production runs them (needs root, buildah, debootstrap)
	@$(PYTHON_IN_VENV) tools/image_check.py

lock:  ## pin requirements/*.in again, with hashes (needs uv)
	@sh tools/lock.sh

clean:  ## remove what make has made, but not var/, which holds the data
	@rm -rf $(VENV) .cache .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
