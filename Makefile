# make run     set up, profile the starter set on this machine, print a ranked table, serve
# make test    set up, lint, type-check, check the imports, run every test
# make bench-rules   what the usual ways to choose a backbone cost, on published speeds
# make bench-api     what the API does under load; needs wrk
# make bench-routes  what the dearest request of every route costs, on SQLite and PostgreSQL
# make bench-profiler   whether the profiler can be trusted: 30 minutes on two cores, resumable
# make bench-estimator   how well unmeasured networks are estimated: five minutes
# make bench-skeletons   whether a drawn file is measured as the exported one: an hour, resumable
# make check   what `make test` runs, without the environment that has no torch
# make environments   the two virtual environments of `make test`; with -j2 both at once

PYTHON ?= python3
SUPPORTED = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "archrank needs Python 3.11 or newer")'
# For the environment without torch. .ci/run gives the newest Python that it finds.
BASE_PYTHON ?= $(PYTHON)
BIN := .venv/bin
BASE := .venv-base/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# The tests of a file stay in one process, so that what they share is made once.
PYTEST := -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# Child processes (workers, preparers, the installed command) are not measured.
COVERAGE := --cov --cov-report=term:skip-covered --cov-fail-under=96

.PHONY: run test check test-without-torch environments bench-rules bench-api bench-routes bench-profiler bench-skeletons bench-estimator clean

run: .venv/.run-ready
	$(BIN)/archrank profile --preset starter --time-budget 300 --interval-target 0.03
	$(BIN)/archrank recommend --max latency_ms=60 --min top1=70
	$(BIN)/archrank serve

test: check test-without-torch

check: .venv/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/python $(PYTEST) $(COVERAGE)

# The API works, and shipped networks are measured, where no torch is. tests/app/test_imports.py asks that the API
# loads no ML runtime at all.
test-without-torch: .venv-base/.ready
	! $(BASE)/python -c "import torch" 2>/dev/null
	$(BASE)/python $(PYTEST) tests/app tests/catalog/test_command.py tests/profiler/skeletons \
		tests/end_to_end/test_without_torch.py

environments: .venv/.dev-ready .venv-base/.ready

.venv/.run-ready: pyproject.toml constraints.txt
	@$(SUPPORTED)
	@echo "Installing archrank and its runtimes into .venv (less than a minute, once) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP_INSTALL) --editable '.[measure]'
	@touch $@

.venv/.dev-ready: pyproject.toml constraints.txt
	@$(SUPPORTED)
	@echo "Installing archrank, torch, its runtimes and its checks into .venv (a few minutes, once) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP_INSTALL) --editable '.[profiler,dev]'
	@touch .venv/.run-ready $@

.venv-base/.ready: pyproject.toml constraints.txt
	$(BASE_PYTHON) -m venv --clear .venv-base
	$(BASE)/python $(PIP_INSTALL) --editable '.[measure,test]'
	@touch $@

# What the usual ways to choose cost against the exhaustive answer; writes docs/bench-rules.md.
bench-rules: .venv/.dev-ready
	$(BIN)/python tests/benchmarks/rules.py

# What the API does under load, beside a canned answer; needs wrk, writes docs/bench-api.md.
bench-api: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.api

# What the dearest of many legal requests costs, route by route. It fails where one takes 100 ms of CPU.
bench-routes: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.routes

# Whether the profiler can be trusted. Interrupted, it goes on where it stopped. Writes docs/bench-profiler.md.
# With AGAINST=JOURNAL, the runs are also compared with those of another journal, taken at another hour.
bench-profiler: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.profiler $(if $(AGAINST),--against $(AGAINST))

# Whether a drawn file is measured as the exported one; resumable. Writes docs/bench-skeletons.md.
bench-skeletons: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.skeletons

# How well networks that were not measured are estimated. Measures nothing. Writes docs/bench-estimator.md.
bench-estimator: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.estimator

clean:
	rm -rf .venv .venv-base
