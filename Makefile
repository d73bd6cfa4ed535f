# The two commands are `make demo` and `make test`; `make help` lists all.
# PYTHON, PYTHON312, SALEOR_SRC, DATABASE_URL, REDIS_URL and CELERY_BROKER_URL are honoured.
PYTHON ?= python3
VENV := .venv
SALEOR_VENV := .venv-saleor
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
COMPONENTS := saleor_tiktok_stripe.sandbox.components
SIDECAR := saleor_tiktok_stripe.sandbox.sidecar.settings
PYTEST_ARGS ?=
HISTORIES ?= 2000
# What Saleor pins, one in the middle, the newest; each is a prefix: the latest 12.5.x, 16.x.
STRIPE_VERSIONS ?= 3.5.0 12.5 16

# Saleor starts twice as slow without compiled bytecode.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-saleor demo test test-histories test-stripe test-fuzz test-saleor test-browser screenshots bench lint schema format clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv; with SALEOR_SRC set, .venv-saleor too
ifdef SALEOR_SRC
	@$(BIN)/python -m $(COMPONENTS).saleor_env setup
endif

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with PYTHON=")'
	$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[sandbox,dev]'
	@touch $@

setup-saleor: $(STAMP) ## Make .venv-saleor and the migrated template database (needs SALEOR_SRC)
	$(BIN)/python -m $(COMPONENTS).saleor_env template

demo: setup ## Run the main job on the sandboxes, or on real Saleor with SALEOR_SRC; KEEP=1 keeps the console up
	$(BIN)/saleor-tiktok-stripe demo $(if $(KEEP),--keep)

# A seed of the histories makes the same history only where sets of strings have the same order.
test test-histories: export PYTHONHASHSEED := 0

# Half of a test's time is waiting for PostgreSQL and sockets: two workers for each of two cores.
test: $(STAMP) ## Run the tests that need no Saleor
	$(BIN)/python -m pytest -n 4 --dist worksteal tests --ignore tests/saleor --ignore tests/browser $(PYTEST_ARGS)

# `make test` makes the first 500 of them.
test-histories: $(STAMP) ## Run 2,000 histories both ways, less those of `make test` (HISTORIES=5000: more)
	TIKTOK_STRIPE_BOTH_WAYS_FIRST=500 TIKTOK_STRIPE_BOTH_WAYS_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -n 4 --dist worksteal tests/property/test_both_ways.py $(PYTEST_ARGS)

test-stripe: $(foreach version,$(STRIPE_VERSIONS),.venv-stripe-$(version)/.installed) ## Run the Stripe client's tests on old, middle and newest `stripe` packages
	@set -e; for version in $(STRIPE_VERSIONS); do \
	  echo "stripe $$version:"; \
	  .venv-stripe-$$version/bin/python -m pytest -c tests/stripe_api/pytest.ini --rootdir . --confcutdir tests/stripe_api --hypothesis-seed 0 tests/stripe_api $(PYTEST_ARGS); \
	done

# Each in an environment of its own, without what the tests of other rooms need.
.venv-stripe-%/.installed: pyproject.toml | $(STAMP)
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-stripe-$*
	$(BIN)/uv pip install --quiet --python .venv-stripe-$* -e . 'stripe==$*.*' 'pytest>=8.3.2,<9' pytest-timeout hypothesis 'starlette>=0.41,<1' 'uvicorn>=0.32,<0.33'
	@touch $@

test-fuzz: .venv-fuzz/.installed ## Ask the whole API as everybody, with values that hurt (FUZZ_EXAMPLES, FUZZ_SEED, FUZZ_ONLY)
	$(BIN)/python -m tests.fuzz.serve .venv-fuzz/bin/python tests/fuzz/run.py

# schemathesis needs a newer graphql-core than Saleor, and we, have.
.venv-fuzz/.installed: Makefile | $(STAMP)
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-fuzz
	$(BIN)/uv pip install --quiet --python .venv-fuzz 'schemathesis>=4.32,<5'
	@touch $@

test-saleor: $(STAMP) ## Run the tests on real Saleor (needs SALEOR_SRC)
	$(BIN)/python -m $(COMPONENTS).saleor_env run -- python -m pytest -n 2 --dist worksteal --ds tests.saleor.settings tests/saleor $(PYTEST_ARGS)

# On the sandboxes always: a merchant's browser cannot tell.
BROWSER = env -u SALEOR_SRC $(BIN)/python -m pytest -n 0 tests/browser

test-browser: $(VENV)/.browser ## Walk through the console in a real Chromium (needs chromium and chromium-driver)
	$(BROWSER) $(PYTEST_ARGS)

screenshots: $(VENV)/.browser ## Make the pictures of the merchant's guide anew, by the same walks
	$(BROWSER) --pictures docs/images $(PYTEST_ARGS)

# Of the second package only the file axe.min.js is used: what it needs beside that is not wanted.
$(VENV)/.browser: $(STAMP)
	$(BIN)/uv pip install --quiet --python $(VENV) -e '.[sandbox,dev,browser]'
	$(BIN)/uv pip install --quiet --python $(VENV) --no-deps 'axe-playwright-python==0.1.8'
	@touch $@

bench: setup ## Run the benchmarks, each a ratio measured in one run
	$(BIN)/python -m benchmarks

lint: $(STAMP) ## Check style, types, the arrows between the rooms, and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy saleor_tiktok_stripe
	$(BIN)/lint-imports
	$(BIN)/python -m $(COMPONENTS).postgres -- $(BIN)/python -m django makemigrations saleor_tiktok_stripe --check --dry-run --skip-checks --settings $(SIDECAR)
	DJANGO_SETTINGS_MODULE=$(SIDECAR) DATABASE_URL=postgres://none@127.0.0.1/none $(BIN)/saleor-tiktok-stripe schema --check graphql/schema.graphql

schema: $(STAMP) ## Write graphql/schema.graphql, and its reference in docs/
	DJANGO_SETTINGS_MODULE=$(SIDECAR) DATABASE_URL=postgres://none@127.0.0.1/none $(BIN)/saleor-tiktok-stripe schema --out graphql/schema.graphql
	DJANGO_SETTINGS_MODULE=$(SIDECAR) DATABASE_URL=postgres://none@127.0.0.1/none $(BIN)/saleor-tiktok-stripe schema --reference --out docs/reference/api.md

format: $(STAMP) ## Put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what make made here (not the template databases in the cache folder)
	rm -rf $(VENV) $(SALEOR_VENV) .venv-stripe-* .venv-fuzz build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
