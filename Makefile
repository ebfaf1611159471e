# Two commands: `make demo` runs the platform on this machine, `make test` proves it.
# Needs make and Python 3.11 or later. uv is used where it is installed, else venv and pip, which brings it.

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
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info build

# --- installing ------------------------------------------------------------------------------------------------------

UV_PIP := VIRTUAL_ENV=.venv $(or $(UV),.venv/bin/uv) pip install --quiet
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check
# Where uv had to be brought it may fail at what pip is able to: an index of which only pip is told, for instance.
install = $(if $(UV),$(UV_PIP) $(1),test -x .venv/bin/uv && $(UV_PIP) $(1) || { echo "pip goes on where uv could not"; $(PIP) $(1); })

# uv installs in a few seconds what takes pip most of a minute. There need be none for a machine: pip does it all then.
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "making .venv ($(if $(UV),uv,venv and pip))"
	@$(if $(UV),uv venv --quiet --clear --python $(PYTHON) .venv,$(PYTHON) -m venv --clear .venv) \
	  || { echo "could not make .venv; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(if $(UV),,$(PIP) --require-hashes -r .requirements/uv.txt || true)

# What is installed is remembered by a file in .venv, so that a second run starts at once.
$(RUNTIME): $(PY) .requirements/lock.txt pyproject.toml
	@echo "installing what .requirements/lock.txt names"
	@$(call install,--require-hashes -r .requirements/lock.txt)
	@$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

$(DEV): $(RUNTIME) .requirements/dev.txt
	@echo "installing what .requirements/dev.txt names"
	@$(call install,--require-hashes -r .requirements/dev.txt)
	@touch $@

# --- the lock --------------------------------------------------------------------------------------------------------

COMPILE := $(or $(UV),.venv/bin/uv) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
           --no-header --no-annotate $(if $(UPGRADE),--upgrade)

# The build backend is locked with the rest, because the project itself is installed without build isolation.
lock: $(PY) ## renew .requirements/ within the bounds of pyproject.toml (UPGRADE=1: the newest of everything)
	@echo uv | $(COMPILE) -o .requirements/uv.txt -
	@echo 'setuptools>=80' | $(COMPILE) pyproject.toml -o .requirements/lock.txt -
	@echo 'setuptools>=80' | $(COMPILE) pyproject.toml --extra dev -c .requirements/lock.txt -o .requirements/dev.txt -
	@! grep -nE '://|^-|@ |/(work|home|opt|tmp)/' .requirements/*.txt
