# The user's machine has git, make and Python 3.11 or newer, no more.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DATA ?= data

.PHONY: help install demo browser test check crash topics bench bench-peers clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "shopfloor needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing into $(VENV)..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/checkers: $(VENV)/installed
	@echo "Installing the checkers..."
	@$(PIP) --editable '.[dev,check]'
	@touch $@

install: $(VENV)/installed  ## Install the product, its tests and evaluations into .venv

demo: install  ## Play the example session in the demo shop, then open the shop's page
	@$(BIN)/shopfloor demo --data $(DATA)

browser:
	@.ci/browser

test: install browser  ## Run the tests; the page's need Chromium, which is installed on Debian-like systems
	@$(BIN)/python -m pytest -q

check: $(VENV)/checkers  ## Check format, lint, types and floors
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports

crash: install  ## Kill processes at random moments, 200 times on each database, and decide on 500 requests while all is down; takes an hour
	@CRASHES=200 $(BIN)/python -m pytest -q tests/conversation/test_random_crash.py tests/conversation/test_decided_while_down_crash.py tests/cli/test_many_servers_crash.py

topics: install  ## Learn the topics that the planner knows anew, from the messages in training/
	@$(BIN)/python training/fit.py

bench: install  ## Measure a turn, a server with many open streams, the client of models, the planner, policies, the audit log, figures, suggestions, knowledge and product search
	@$(BIN)/python benchmarks/turn.py
	@$(BIN)/python benchmarks/streams.py
	@$(BIN)/python benchmarks/model_client.py
	@$(BIN)/python benchmarks/routing.py
	@$(BIN)/python benchmarks/policies.py
	@$(BIN)/python benchmarks/audit.py
	@$(BIN)/python benchmarks/durability.py
	@$(BIN)/python benchmarks/listening.py
	@$(BIN)/python benchmarks/upsell.py
	@$(BIN)/python benchmarks/knowledge.py
	@$(BIN)/python benchmarks/product_search.py

bench-peers: install  ## Measure the same turn in frameworks, by hand and here; fetches much once
	@$(BIN)/python benchmarks/bench_peers.py

clean:  ## Remove what was installed and made
	@rm -rf $(VENV) .peers .pytest_cache .ruff_cache .import_linter_cache .hypothesis
