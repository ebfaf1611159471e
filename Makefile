# Two commands: `make demo` runs the platform on this machine, `make test` proves it.
# Needs make and Python 3.11 or later. uv is used where it is installed, else venv and pip.

# The system's own Python where it will do, else the first on the path: distributions build theirs with profile-guided
# optimisation, and with one that was built without it tests took a twelfth longer. Another: make PYTHON=...
PYTHON ?= $(shell for python in /usr/bin/python3 python3; do \
	$$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; done; echo $$python)
PORT   ?= 8000
UV     := $(shell command -v uv)
PY     := .venv/bin/python

# Python keeps what it compiled, also where the surroundings tell it not to: else each of the hundreds of processes that a
# check starts would compile the whole platform again.
unexport PYTHONDONTWRITEBYTECODE

# What is installed is remembered by a file in .venv, so that a second run starts at once.
RUNTIME := .venv/.runtime-installed
DEV     := .venv/.dev-installed

.PHONY: help demo demo-reset test test-again bench lint format lock clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## run the platform with its demonstration community on 127.0.0.1:$PORT (8000)
	@PORT=$(PORT) .venv/bin/qplatform demo

demo-reset: $(RUNTIME) ## begin the demonstration anew, and run it
	@PORT=$(PORT) .venv/bin/qplatform demo --reset

test: $(DEV) ## the whole check: linters, types, tests on SQLite and PostgreSQL, browser
	@$(PY) -m tests.stages

test-again: $(DEV) ## what both engines say alike, on the one of which `make test` does not ask it
	@$(PY) -m tests.stages again-sqlite again-postgres

test-%: $(DEV) ## one stage of it: test-lint, test-sqlite, test-postgres, test-browser
	@$(PY) -m tests.stages $*

lint: test-lint ## the linters and type checks alone

bench: $(DEV) ## measure the hot pages against a bare Flask page
	@$(PY) -m tests.stages bench

format: $(DEV) ## format the code
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

clean: ## remove .venv and every cache (keeps instance/, your demonstration data)
	rm -rf .venv .make .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build

# --- installing ------------------------------------------------------------------------------------------------------

INSTALL := $(if $(UV),VIRTUAL_ENV=.venv uv pip install --quiet,$(PY) -m pip install --quiet --disable-pip-version-check)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making .venv ($(if $(UV),uv,venv and pip))"
	@$(if $(UV),uv venv --quiet --clear --python $(PYTHON) .venv,$(PYTHON) -m venv --clear .venv) \
	  || { echo "could not make .venv; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(RUNTIME): $(PY) .requirements/lock.txt pyproject.toml
	@echo "installing what .requirements/lock.txt names"
	@$(INSTALL) --require-hashes -r .requirements/lock.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUNTIME) .requirements/dev.txt
	@echo "installing what .requirements/dev.txt names"
	@$(INSTALL) --require-hashes -r .requirements/dev.txt
	@touch $@

# --- the lock --------------------------------------------------------------------------------------------------------

LOCK_UV := $(or $(UV),.make/lock/bin/uv)
COMPILE := $(LOCK_UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
           --no-header --no-annotate pyproject.toml

# The build backend is locked with the rest, because the project itself is installed without build isolation.
lock: ## renew .requirements/ within the bounds of pyproject.toml (UPGRADE=1: the newest of everything)
	@test -x "$(LOCK_UV)" || { $(PYTHON) -m venv .make/lock && .make/lock/bin/python -m pip install --quiet uv; }
	@echo 'setuptools>=80' | $(COMPILE) $(if $(UPGRADE),--upgrade) -o .requirements/lock.txt -
	@echo 'setuptools>=80' | $(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev -c .requirements/lock.txt -o .requirements/dev.txt -
	@! grep -nE '://|^-|@ |/(work|home|opt|tmp)/' .requirements/*.txt
