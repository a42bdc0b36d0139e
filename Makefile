# `make demo` and `make test` need Python 3.11, make and a package index; nothing else.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
TEST_ARGS ?= -n 2 --dist loadfile
OUT ?= runs
SITE ?= site

.PHONY: demo test test-slow test-browser audit lint types bench checkpoints clean help

help:
	@echo "make demo         run chexquery and the baselines on the phantom, and build a leaderboard to open"
	@echo "make test         the default tests"
	@echo "make test-slow    the slow tests"
	@echo "make test-browser the pages in a real browser (needs Chromium on the path)"
	@echo "make lint         ruff and mypy --strict"
	@echo "make audit        known weaknesses of the installed packages (asks the Python advisory database)"
	@echo "make bench        speed and memory, always against a peer"
	@echo "make checkpoints  train the bundled checkpoint again"
	@echo "make clean        remove what these commands made here"

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found; try: make PYTHON=python3"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(VENV)/.installed
	@for model in chexquery baseline:retrieval baseline:majority baseline:constant baseline:random baseline:empty; do \
	  echo "== $$model"; \
	  $(BIN)/cxrbench run --model $$model --task iu-report --out $(OUT) > /dev/null || exit $$?; \
	done
	@$(BIN)/cxrbench list runs --runs $(OUT)
	@$(BIN)/cxrbench leaderboard build $(OUT) --out $(SITE)
	@echo "Look closer: $(BIN)/cxrbench show <a run folder of the table>, or open $(SITE)/index.html"

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(TEST_ARGS)

test-slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow $(TEST_ARGS)

test-browser: $(VENV)/.installed-dev
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { echo "error: no Chromium on the path"; exit 2; }
	$(BIN)/python -m pytest -m browser tests/browser

audit: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip-audit
	$(BIN)/pip-audit --progress-spinner off

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# These measure something that the user names; their first lines say how.
BENCH_WITH_ARGUMENTS = benchmarks/qba_balance.py benchmarks/qba_index.py benchmarks/truth_f1.py

bench: $(VENV)/.installed-dev
	@for file in $(filter-out $(BENCH_WITH_ARGUMENTS),$(wildcard benchmarks/*.py)); do echo "== $$file"; $(BIN)/python $$file || exit $$?; done

# A larger phantom of another seed, so that the films that tasks use by default stay unseen.
build/training-phantom/phantom.json: | $(VENV)/.installed
	$(BIN)/cxrbench data phantom build/training-phantom --studies 9000 --seed 1

checkpoints: build/training-phantom/phantom.json
	$(BIN)/cxrbench train chexquery --preset tiny --data-root build/training-phantom --out build/chexquery-tiny
	$(BIN)/python -m cxrbench.reference_models.chexquery.bundle build/chexquery-tiny

clean:
	rm -rf build dist runs reruns attention site .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
