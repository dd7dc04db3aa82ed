# `make run` and `make test` are all that a stranger needs; `make help` tells the rest.
# What a person who installs Folio reads is in Spanish; what a developer reads is in English.

VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
# An empty PYTHON means: the newest that is found and fits (tools/make-env.sh).
PYTHON ?=

.DEFAULT_GOAL := help
.PHONY: help run env test check bench fresh fresh-debian-12 fresh-debian-13 test-env lock clean

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
	@sh tools/document-validator.sh

$(VENV)/test.installed: requirements/test.lock $(VENV)/run.installed
	@echo 'Installing what the tests need...'
	@$(PYTHON_IN_VENV) -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements/test.lock
	@touch $@

check: $(VENV)/test.installed  ## lint, format, types and import contracts
	@sh tools/check.sh

bench: $(VENV)/test.installed  ## time reading and the documents against stock docxtpl and openpyxl
	@$(PYTHON_IN_VENV) -m benchmarks.reading
	@$(PYTHON_IN_VENV) -m benchmarks.run

fresh: fresh-debian-12 fresh-debian-13  ## do what a stranger does, in a bare Debian 12 and 13 (needs root, debootstrap)

fresh-debian-12: env
	@$(PYTHON_IN_VENV) tools/fresh.py bookworm

fresh-debian-13: env
	@$(PYTHON_IN_VENV) tools/fresh.py trixie

lock:  ## pin requirements/*.in again, with hashes (needs uv)
	@sh tools/lock.sh

clean:  ## remove what make has made, but not var/, which holds the data
	@rm -rf $(VENV) .cache .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
