# make run     set up, calibrate on this machine, print a ranked table over all networks, serve
# make test    set up, lint, type-check, check the imports, run every test
# make bench-rules   what the usual ways to choose a backbone cost, on published speeds
# make bench-api     what the API does under load; needs wrk
# make bench-api-cost  what a request, a command and the first request after a write cost, beside an older commit
# make bench-page  how fast the page is in Chromium; needs a quiet machine
# make bench-routes  what the dearest request of every route costs, on SQLite and PostgreSQL
# make bench-profiler   whether the profiler can be trusted: 30 minutes on two cores, resumable
# make bench-estimator   how well unmeasured networks are estimated: half an hour, measures nothing
# make bench-gate   how often the gate fails a build for nothing, and what it catches: five minutes, measures nothing
# make bench-skeletons   whether a drawn file is measured as the exported one: an hour, resumable
# make coverage    which lines no test runs
# make bench-faults   what survives kill -9, eight writers and hostile uploads: 30 minutes, resumable
# make check   what `make test` runs, without the environment that has no torch
# make docs        the documentation as a site, in .site
# make environments   the two virtual environments of `make test`; with -j2 both at once

PYTHON ?= python3
SUPPORTED = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "archrank needs Python 3.11 or newer")'
# For the environment without torch. .ci/run gives the newest Python that it finds.
BASE_PYTHON ?= $(PYTHON)
BIN := .venv/bin
BASE := .venv-base/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# The browser of tests/app/browser.
FIND_BROWSER := (command -v chromium || command -v chromium-browser || command -v google-chrome)
NO_BROWSER := "NO BROWSER: the tests of the page in a browser are skipped. Install one: apt-get install chromium"
# The tests of a file stay in one process, so that what they share is made once.
PYTEST := -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test check chromium test-without-torch coverage docs environments bench-rules bench-api bench-api-cost bench-routes bench-page bench-profiler bench-skeletons bench-estimator bench-faults bench-gate clean

run: .venv/.run-ready
	$(BIN)/archrank calibrate --time-budget 6m --unless-estimated
	$(BIN)/archrank recommend --max latency_ms=60 --min top1=70 --confidence 0.9
	$(BIN)/archrank serve

test: check test-without-torch

check: .venv/.dev-ready chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/python $(PYTEST)
	@$(FIND_BROWSER) >/dev/null || echo $(NO_BROWSER)

# Chromium from the system's packages, where they can be installed.
chromium:
	@$(FIND_BROWSER) >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		(apt-get update && apt-get install --yes --no-install-recommends chromium) >/dev/null 2>&1; } || echo $(NO_BROWSER)

# The API, the commands and the page work, and shipped networks are measured, where no torch is, on the newest Python.
# tests/app/test_imports.py asks that the API loads no ML runtime at all. Left out is what repeats the first run:
# hundreds of questions to one route, and a look at each of a thousand shipped files, of which
# tests/end_to_end/test_without_torch.py draws and measures some.
REPEATED := tests/profiler/skeletons/test_shipped.py $(wildcard tests/app/api/routes/test_comparison*.py) \
	$(wildcard tests/app/api/routes/test_architecture_filter*.py)
test-without-torch: .venv-base/.ready
	! $(BASE)/python -c "import torch" 2>/dev/null
	$(BASE)/python $(PYTEST) tests/app/api tests/app/cli tests/app/web tests/app/test_imports.py \
		tests/catalog/test_command.py tests/profiler/skeletons tests/end_to_end/test_without_torch.py \
		$(addprefix --ignore=,$(REPEATED))

# Which lines no test runs. Child processes (workers, preparers, the installed command) are not measured. Not part of
# `make test`: Python 3.11 traces every line, which costs half of the time of the tests again.
coverage: .venv/.dev-ready
	$(BIN)/python $(PYTEST) --cov --cov-report=term:skip-covered --cov-fail-under=96

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

# What requests, commands and writes cost in CPU time, beside a named commit; writes docs/bench-api-cost.md.
bench-api-cost: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.api_against $(if $(COMMIT),--commit $(COMMIT))

# What the dearest of many legal requests costs, route by route. It fails where one takes 100 ms of CPU.
bench-routes: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.routes

# What a first visit and the move of a slider take in Chromium; writes docs/bench-page.md.
bench-page: .venv/.dev-ready chromium
	$(BIN)/python -m tests.benchmarks.page

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

# The documentation as a site.
docs: .venv/.dev-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# How often the gate fails a build for nothing, and what it catches. Measures nothing. Writes docs/bench-gate.md.
bench-gate: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.gate

# What survives when processes are killed. Interrupted, it continues. Writes docs/bench-faults.md.
bench-faults: .venv/.dev-ready
	$(BIN)/python -m tests.benchmarks.faults $(if $(MINUTES),--minutes $(MINUTES))

clean:
	rm -rf .venv .venv-base .site
