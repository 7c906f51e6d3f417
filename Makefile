# `make sisr` and `make inpaint` show what the project does, `make test` checks it; each makes .venv first, once.

# The first of these that is one of 3.11 to 3.13, for which TensorFlow has wheels.
PYTHON ?= python3.13 python3.12 python3.11 python3
FIND_PYTHON = for p in $(PYTHON); do \
	$$p -c "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null && echo $$p && break; done
VENV := .venv
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

# TensorFlow's own start-up messages; set it to 0 to see them.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: sisr inpaint app test lint soak fuzz compat audit

sisr: $(VENV)/installed
	$(VENV)/bin/python run_sisr.py --backbone idn --scale 3

inpaint: $(VENV)/installed
	$(VENV)/bin/python run_inpaint.py --task inpaint
	$(VENV)/bin/python run_inpaint.py --task interp

# A web page on this machine that restores pictures.
app: $(VENV)/installed-app
	$(VENV)/bin/python run_app.py --browser

# In as many processes as there are cores, files in the order of tests/conftest.py; under continuous integration the
# slow tests too.
test: $(VENV)/installed-dev $(if $(filter true,$(CI)),$(VENV)/installed-app $(VENV)/installed-video)
	$(VENV)/bin/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder $(if $(filter true,$(CI)),-m "slow or not slow" --durations=10)

# Outside continuous integration: fifty kills of a small training run, some twenty minutes; docs/quality/soak.md.
soak: $(VENV)/installed
	$(VENV)/bin/python -m tools.soak --report docs/quality/soak.md

# Outside continuous integration: ten thousand random and hostile inputs, some minutes; docs/quality/fuzz.md.
fuzz: $(VENV)/installed
	$(VENV)/bin/python -m tools.fuzz --report docs/quality/fuzz.md

# Outside continuous integration: the oldest and the newest TensorFlow and Keras, each in a fresh environment that is
# deleted afterwards, 4 GB; docs/quality/compat.md.
compat: $(VENV)/installed
	$(VENV)/bin/python -m tools.compat --report docs/quality/compat.md

# Outside continuous integration: known vulnerabilities of what is installed. A package that cannot be looked up fails.
audit: $(VENV)/installed
	@folder=$$(mktemp -d) && trap "rm -r $$folder" EXIT && python3 -m venv $$folder/venv && \
	$$folder/venv/bin/python -m pip install --quiet --disable-pip-version-check pip-audit && \
	$(VENV)/bin/python -m pip list --format=freeze | grep -v "^pip==\|^setuptools==\|^wheel==" > $$folder/installed.txt && \
	$$folder/venv/bin/pip-audit --strict --no-deps --disable-pip -r $$folder/installed.txt

lint: $(VENV)/installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy dlnet_tf run_* benchmarks tools

$(VENV)/installed: requirements.txt
	$(eval FOUND := $(shell $(FIND_PYTHON)))
	$(if $(FOUND),,$(error Python 3.11 to 3.13 with venv not found among: $(PYTHON); name one with make PYTHON=...))
	@echo "Making $(VENV) with $(FOUND): about 2 GB, a few minutes"
	@$(FOUND) -m venv $(VENV)
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/installed-app: requirements-app.txt $(VENV)/installed
	@$(PIP_INSTALL) -r requirements-app.txt
	@touch $@

$(VENV)/installed-video: requirements-video.txt $(VENV)/installed
	@$(PIP_INSTALL) -r requirements-video.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@
