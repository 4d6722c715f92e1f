# `make` alone prints this list.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
SANDBOX_PORT ?= 8001
HTTP_PORT ?= 8080
HTTPS_PORT ?= 8443
export PORT SANDBOX_PORT

.PHONY: help run run-production test coverage check hooks format lock messages bench bench-book bench-checkout bench-reconcile bench-verify bench-webhooks chaos compare-screens screenshots seed clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# Remade when the pins change; a second start finds it ready.
.venv/.ready: requirements.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned requirements ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $@

.env:
	@sed "s|^SECRET_KEY=.*|SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')|" .env.example > $@
	@echo "Wrote .env for the demo."

run: .venv/.ready .env ## the demo: shop, admin and stand-in gateway (PORT, SANDBOX_PORT)
	@$(BIN)/python -m demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

run-production: .venv/.ready ## the shape of production to try out: PostgreSQL, gunicorn, nginx (HTTPS_PORT)
	@$(BIN)/python -m tools.production --port $(PORT) --sandbox-port $(SANDBOX_PORT) --http-port $(HTTP_PORT) --https-port $(HTTPS_PORT)

# Compiled code is kept, wherever it is not by default: the suite starts two dozen processes.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.ready ## the whole suite on SQLite, or on TEST_DATABASE_URL
	@$(BIN)/python -m pytest -n auto --dist loadgroup

# Slower than `test`, which it leaves alone: every process of the suite is measured.
coverage: .venv/.ready ## the suite measured: modules under the bar, total, floor
	@rm -rf var/coverage
	@$(BIN)/coverage run -m pytest -q -n auto --dist loadgroup
	@$(BIN)/coverage combine --quiet
	@$(BIN)/python -m tools.coverage_bar

check: .venv/.ready ## lint, format, types, migrations, deployment checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --lint --quiet accounts backoffice payments templates
	@$(BIN)/djlint --lint --quiet --profile jinja sandbox
	@$(BIN)/oxlint --quiet
	@$(BIN)/python -m tools.css
	@$(BIN)/mypy
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	@env ENV_FILE= $$(grep -v '^#' .ci/production.env | xargs) $(BIN)/python manage.py check --deploy --fail-level WARNING

hooks: .venv/.ready ## run the quick checks before each commit (once per clone)
	@$(BIN)/pre-commit install

format: .venv/.ready ## put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: .venv/.ready ## write the exact pins anew from the .in files
	@$(BIN)/pip-compile --quiet --upgrade --strip-extras --no-emit-index-url --no-emit-find-links -o requirements.txt requirements.in
	@$(BIN)/pip-compile --quiet --upgrade --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links -o requirements-dev.txt requirements-dev.in

messages: .venv/.ready ## collect and compile the words (needs gettext)
	@$(BIN)/python -m tools.messages

seed: .venv/.ready .env ## two years of payments in a migrated database that has none (SIZE)
	@LOG_LEVEL=WARNING $(BIN)/python -m benchmarks.seed $(if $(SIZE),--size $(SIZE))

bench: .venv/.ready .env ## pages, sums, exports beside a stock twin into benchmarks/RESULTS.md (ROWS; DATABASE_URL: PostgreSQL)
	@$(BIN)/python -m benchmarks $(if $(ROWS),--rows $(ROWS))

bench-book: .venv/.ready .env ## audit and pages of a small book beside a large one (DATABASE_URL: PostgreSQL)
	@LOG_LEVEL=WARNING $(BIN)/python -m benchmarks.book

bench-checkout: .venv/.ready .env ## gateway calls and time of our own per checkout
	@LOG_LEVEL=WARNING $(BIN)/python -m benchmarks.checkout

bench-verify: .venv/.ready .env ## verification runs beside the straightforward way
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.verify

chaos: .venv/.ready .env ## kill workers, stop PostgreSQL, set clocks wrong, hang the gateway; 2,000 odd answers (TEST_DATABASE_URL: doors in parallel)
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.chaos
	@LOG_LEVEL=ERROR $(BIN)/python -m benchmarks.outages
	@$(BIN)/python -m pytest -q --hypothesis-profile=chaos -k "any_json or what_stays or whatever_is_told or taken_back or days_add_up or in_parallel" tests/payments/iamport tests/payments/services/verification
	@for seed in 1 2 3 4 5 6 7 8; do \
	  $(BIN)/python -m pytest -q --hypothesis-profile=eighth --hypothesis-seed=$$seed -k flagged_exactly tests/payments/services/verification || exit 1; \
	done

bench-webhooks: .venv/.ready .env ## webhooks and pages while the gateway is quick, and slow (DATABASE_URL: PostgreSQL)
	@LOG_LEVEL=CRITICAL $(BIN)/python -W ignore -m benchmarks.webhooks

bench-reconcile: .venv/.ready .env ## books of 50,000 and 500,000 with planted differences: pace, memory
	@LOG_LEVEL=WARNING $(BIN)/python -m benchmarks.reconcile

compare-screens: .venv/.ready ## what each role sees, before (BASE=commit) and now, side by side
	@$(BIN)/python -m tests.screens.compare $(if $(BASE),--base $(BASE))

screenshots: .venv/.ready ## take the pictures in docs/images afresh (needs Chromium)
	@$(BIN)/python docs/screenshots.py

clean: ## forget the demo's data (not .venv, not .env)
	@rm -rf var staticfiles
