# Every target first makes .venv from a bare python3 (3.11 or later) and pip.

BIN := .venv/bin
READY := .venv/.ready
CODE := ordertrail tests benchmarks

.PHONY: demo test test-fast check bench clean

demo: $(READY)  ## one order's life, end to end
	@$(BIN)/ordertrail demo

test: $(READY)  ## every test
	$(BIN)/pytest -n 2 --dist loadgroup

test-fast: $(READY)  ## the core suite
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow"

check: $(READY)  ## format, lint, types, the direction of imports, dependencies
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry ordertrail

bench: $(READY)  ## peers and raw limits beside us: table and plot, about 25 minutes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@mkdir -p build
	$(BIN)/python -m benchmarks --plot docs/performance.svg --markdown build/performance.md

clean:  ## everything that these targets made
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find ordertrail tests benchmarks -name __pycache__ -type d -exec rm -rf {} +

# A .venv that works is kept; otherwise the first python that can make one makes it anew.
$(READY): pyproject.toml
	@$(BIN)/python -c 'import pip, sys; assert sys.version_info >= (3, 11)' 2>/dev/null && exit; \
	for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; assert sys.version_info >= (3, 11)' 2>/dev/null || continue; \
		found=$$python; \
		$$python -c 'import ensurepip, venv' 2>/dev/null && exec $$python -m venv --clear .venv; \
	done; \
	if [ -n "$$found" ]; \
	then echo "$$found has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv)."; \
	else echo "Ordertrail needs Python 3.11 or later: no python3 of that age was found on PATH."; \
	fi >&2; exit 1
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
