# make demo           a supervisor barges in on a real call   (KEEP=1 leaves it up)
# make test           all tests, also those with a real Asterisk   (TESTS=tests/unit: some of them)
#                     ASTERISK=16: with this version, also for demo (16 or 22, a folder, a program)
#                     LAYOUT=ordinary: with the lab's other PBX (docs/lab.md)
# make lint           ruff and mypy
# make bench          measures speed and size against named peers   (BENCH=reader: one of them; JSON=file)
# make faults         all fault tests: cuts at every byte, a million inputs, a flood of a minute (docs/faults.md)
# make pictures       draws docs/pictures again   (FIGURES=figures.json: also the figures of the bench)
# make compose-test   tests docker-compose.yml; needs a Docker engine with Compose

# Most of what the tests do is wait for phones: two at a time.
WORKERS ?= 2
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python

ifdef LAYOUT
export ADAPTER_LAB_LAYOUT := $(LAYOUT)
endif
ifdef ASTERISK
export ADAPTER_LAB_ASTERISK := $(ASTERISK)
endif

.PHONY: demo test lint bench faults pictures compose-test clean

demo: $(READY)
	@$(RUN) -m adapter demo $(if $(KEEP),--keep)

test: $(READY)
	@$(RUN) -m pytest -n $(WORKERS) --dist loadscope $(TESTS)

lint: $(READY)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

bench: $(READY)
	@$(RUN) -m tests.bench $(BENCH) $(if $(JSON),--json $(JSON))

faults: $(READY)
	@FAULTS=full $(RUN) -m pytest $(or $(TESTS),tests/faults)

pictures: $(READY)
	@$(RUN) -m tests.pictures $(FIGURES)

compose-test:
	@tests/acceptance/compose.sh

$(READY): pyproject.toml constraints.txt setup.py adapter/asterisk/_wire.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	@echo "making the Python environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "venv is missing: apt-get install python3-venv"; exit 1; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[store,sources,lab,dev]'
	@touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
