# Libreta. `make help` lists what there is.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/ready
CODE := manage.py edu evaluations behavior govsync analytics deploy tests

# each of the many processes would compile every module anew, for a second and more
unexport PYTHONDONTWRITEBYTECODE

# test processes with an emulated cloud each, one more than two cores: a third of the time tests wait; whole files,
# the longest first (tests/conftest.py)
WORKERS ?= 3
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=10

.PHONY: help setup run demo test test-long test-quick test-offline test-dynamodb-local isolation check fmt bench bench-evaluations bench-behavior bench-drain bench-line bench-import demo-analytics drill-behavior drill-lake drill-sync drill-noise drill-edge lock reset clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-22s %s\n", $$1, $$2}'

setup: $(READY) ## virtual environment with the locked dependencies (the others do this themselves)

$(READY): requirements/dev.lock
	@echo "[setup] virtual environment"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "[setup] dependencies of requirements/dev.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

run: $(READY) ## the whole system on this machine, with demo data; Ctrl-C stops it
	@exec $(BIN)/python -m deploy.local.run

demo: $(READY) ## walk the flows over HTTP, against the running system
	@$(BIN)/python -m deploy.local.demo

test: $(READY) ## all tests, with the ten slowest and the total at the end
	@$(PYTEST)

test-long: $(READY) ## the same with every example, order and moment that has a short form in `make test`
	@LIBRETA_TESTS=long $(PYTEST)

test-quick: $(READY) ## the tests that need no emulated cloud
	@$(PYTEST) tests/unit

test-offline: $(READY) ## all tests in a network that has the loopback and nothing else
	@$(BIN)/python -m tests.support.offline $(PYTEST)

test-dynamodb-local: $(READY) ## the table adapter against Amazon's own engine (Java 17 and Maven)
	@$(BIN)/python -m tests.support.dynamodb_local

isolation: $(READY) ## attack the borders between schools, over every door; writes docs/ISOLATION.md
	@$(BIN)/python -m tests.isolation

check: $(READY) ## format, lint, types, contracts, template
	@$(BIN)/ruff format --check --quiet $(CODE)
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/mypy --no-error-summary $(CODE)
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/cfn-lint deploy/data-plane.yaml
	@echo "check: all good"

fmt: $(READY) ## format and fix what can be fixed
	@$(BIN)/ruff format --quiet $(CODE)
	@$(BIN)/ruff check --quiet --fix $(CODE)

bench: bench-evaluations bench-behavior bench-drain bench-line bench-import ## all measurements, as ratios to a baseline of the same run

bench-evaluations: $(READY) ## a score over HTTP, beside the bare transaction and a plain project
	@$(BIN)/python -m tests.bench.evaluations

bench-behavior: $(READY) ## events to the door, beside a plain view and a constant
	@$(BIN)/python -m tests.bench.behavior

bench-line: $(READY) ## requests a second on the line to the government, beside what the limit allows
	@$(BIN)/python -m tests.bench.line

bench-drain: $(READY) ## the worker of events empties a full queue, beside raw writes of the same items
	@$(BIN)/python -m tests.bench.drain

bench-import: $(READY) ## a roster of 5,000 students by manage.py, beside raw writes of the same items
	@$(BIN)/python -m tests.bench.roster

demo-analytics: $(READY) ## three years of fifty schools in the lake; each question by Athena, by DuckDB and out of the table
	@$(BIN)/python -m tests.bench.analytics

drill-behavior: $(READY) ## events while workers, door, cloud, table and queue fail in turn; three seeds
	@$(BIN)/python -m tests.drills.behavior

drill-sync: $(READY) ## a term's grades to a government that has a bad day, while workers are killed
	@$(BIN)/python -m tests.drills.sync

drill-lake: $(READY) ## events and grades while workers and the cloud fail; then the lake is audited, robbed and refilled
	@$(BIN)/python -m tests.drills.lake

drill-noise: $(READY) ## a device and a school at ten times their limit, and what another school sees of it
	@$(BIN)/python -m tests.drills.noise

drill-edge: $(READY) ## attack both doors at once while a teacher of another school works
	@$(BIN)/python -m tests.drills.edge

lock: $(READY) ## choose versions again and write the lock files
	@$(BIN)/uv pip compile pyproject.toml --extra dev --upgrade --generate-hashes --no-emit-index-url --no-annotate \
		--no-header --python-version 3.11 --quiet -o requirements/dev.lock
	@$(BIN)/uv pip compile pyproject.toml -c requirements/dev.lock --generate-hashes --no-emit-index-url --no-annotate \
		--no-header --python-version 3.11 --quiet -o requirements/base.lock

reset: $(READY) ## remove the local system's data and settings; refused while it runs
	@$(BIN)/python -m deploy.local.state

clean: ## remove the virtual environment and the local system's state
	@rm -rf .venv .libreta .dynamodb-local
