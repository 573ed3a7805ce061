# Two commands do everything on a fresh Debian machine: `make run` and `make test`.
#
#   make run     the bot: on ./config.yaml, or on the embedded sample library below var/
#   make test    lint, types, import rules, docs and all tests; installs what they need
#   make soak    the long tests
#   make bench   speed, as ratios from one run
#   make wheel   a wheel with rules, templates and model inside
#   make train   the classifier again, from models/training

VENV := .venv
PYTHON := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test soak bench wheel train lint clean

run: $(VENV)/run
	@$(VENV)/bin/liaison run

test: $(VENV)/dev
	@sh scripts/servers
	@sh scripts/lint
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

soak: $(VENV)/dev
	@sh scripts/servers
	@LIAISON_SOAK=1 $(PYTHON) -m pytest tests/flow tests/unit/test_rules_fuzz.py tests/hostile/test_fuzz_mail.py

bench: $(VENV)/dev
	@sh scripts/servers
	@$(PYTHON) -m benchmarks

lint: $(VENV)/dev
	@sh scripts/lint

wheel: $(VENV)/dev
	@$(PYTHON) -m build --wheel --outdir dist .

train: $(VENV)/dev
	@$(VENV)/bin/liaison train --messages models/training --out models

$(VENV)/run: pyproject.toml constraints.txt
	@sh scripts/venv
	@echo "Installing the bot into $(VENV) (once) …"
	@$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: $(VENV)/run
	@echo "Installing what the tests need (once) …"
	@$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) dist site var
