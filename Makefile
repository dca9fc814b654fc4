# Everything happens in $(VENV); nothing is installed elsewhere. `make run PYTHON=python3.12` picks an interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
GRAPHIQL := api/graphiql
AUDIT := tests/e2e/audit
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-compile --no-deps
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: run test check format audit scan bench bench-peers lock setup

run: setup
	$(BIN)/customers serve --demo

test: setup
	$(BIN)/pytest $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory scan
	$(BIN)/pytest $(ARGS)

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Asks the vulnerability databases of PyPI and npm, so it needs the network.
audit: setup
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		-r requirements.txt -r bench/requirements.txt
	for lock in $$(git ls-files '*package-lock.json'); do \
		(cd "$$(dirname "$$lock")" && npm audit --package-lock-only) || exit 1; \
	done

# For secrets; what only looks like one gets a comment, `pragma: allowlist secret`.
scan: setup
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

# Contestants side by side, about ten minutes; `make bench ARGS="--rounds 1 --workloads W1 --plot plot.png"` is short.
bench: setup
	@$(PIP) --require-hashes -r bench/requirements.txt
	$(BIN)/python -m bench.compare --plot bench/side-by-side.png $(ARGS)

# Servers in other languages, kept elsewhere with a bench.py that measures this checkout beside them.
bench-peers: setup
	@test -x "$(PEERS)/bench.py" || \
		{ echo "Name the folder that has the peers' bench.py: make bench-peers PEERS=path/to/peers"; exit 1; }
	OURS="$(CURDIR)" "$(PEERS)/bench.py" $(or $(ARGS),run)

# Keeps the versions there are; `make lock ARGS=--upgrade` takes the newest.
lock: $(BIN)/uv
	$(COMPILE) --group dev --output-file requirements.txt pyproject.toml $(ARGS)
	$(COMPILE) --group bench --constraint requirements.txt --output-file bench/requirements.txt $(ARGS)

setup: $(READY)

$(READY): requirements.txt pyproject.toml $(wildcard $(GRAPHIQL)/package-lock.json $(AUDIT)/package-lock.json) | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV); this takes about half a minute, once."
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-build-isolation -e .
	@cd $(GRAPHIQL) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || \
		echo "GraphiQL's own files were not installed (see above); its page loads them from a public CDN instead."
	@cd $(AUDIT) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || \
		echo "The audits of GraphQL over HTTP were not installed (see above); their tests need them."
	@touch $@

$(BIN)/uv:
	@$(MAKE) setup

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer, '$(PYTHON)' is not. Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
