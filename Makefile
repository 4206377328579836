# `make run` does the main job, `make test` checks the project; both set up what they need.

PYTHON ?= python3
CORES ?= 2
# A user's own pip settings may add packages; the lock's hashes decide what is accepted.
PIP = .venv/bin/python -m pip --disable-pip-version-check --quiet
LOCK = --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-emit-index-url
RULES = PATH="$(CURDIR)/.venv/bin:$$PATH" snakemake --list-rules 2> /dev/null
DRAWING = $$($(RULES) | grep "^draw_")
COMPARING = judge_claims $$($(RULES) | grep "^compare_")
SNAKEMAKE = PATH="$(CURDIR)/.venv/bin:$$PATH" snakemake --cores $(CORES)

.PHONY: run paper figures report docs-numbers notebooks test test-fast test-frameworks test-damage chromium benchmark lock unlock clean help

run: .venv/ready ## Fetch the data, train, analyse, draw: results/default/
	$(SNAKEMAKE) $(ARGS)

paper: .venv/ready ## The article's protocol at full size (hours, 35 GB): results/paper/
	$(SNAKEMAKE) --configfile config/paper.yaml $(ARGS)

figures: .venv/ready ## Draw figures and animations anew from the records, without training
	$(SNAKEMAKE) figures --forcerun $(DRAWING) --allowed-rules figures analyse judge_health $(DRAWING) $(ARGS)

report: .venv/ready ## Compare and write the report from the records, without training
	$(SNAKEMAKE) report --allowed-rules report write_report $(COMPARING) analyse judge_health $(DRAWING) $(ARGS)

docs-numbers: .venv/ready ## Recompute what docs/ quote of the default run, from results/default/
	PATH="$(CURDIR)/.venv/bin:$$PATH" python -m analysis.docs_numbers $(ARGS)

notebooks: .venv/ready-dev .venv-frameworks/ready ## Run docs/notebooks/ and store what they give
	.venv/bin/python -m analysis.notebooks docs/notebooks/keras.ipynb docs/notebooks/small_systems.ipynb
	.venv-frameworks/bin/python -m analysis.notebooks docs/notebooks/torch.ipynb

test: .venv/ready-dev chromium ## Everything that checks the project; prints which lines no test runs
	PATH="$(CURDIR)/.venv/bin:$$PATH" tests/run --cov --cov-report=term

test-fast: .venv/ready-dev ## Unit tests and linters, in about two minutes
	PATH="$(CURDIR)/.venv/bin:$$PATH" tests/run -m unit

test-frameworks: .venv-frameworks/ready ## Tests of recording in other frameworks, which are installed on top of .venv
	.venv-frameworks/bin/python -m pytest -m frameworks tests/frameworks

test-damage: .venv/ready-dev ## A thousand damaged files for every command that reads them, and every write cut (hours)
	.venv/bin/python tests/runfile/damage.py $(or $(TRIALS),1000)
	.venv/bin/python tests/runfile/torn.py

chromium: # The report is tested in a browser; where none can be had, those tests are skipped.
	@if ! command -v chromium > /dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "Installing Chromium (once) ..."; \
	  { timeout 120 apt-get update && timeout 300 apt-get install -y --no-install-recommends chromium; } \
	    > /dev/null 2>&1 || echo "Chromium could not be installed."; \
	fi

benchmark: .venv/ready ## Measure recording, statistics and animation against what one would do instead
	PATH="$(CURDIR)/.venv/bin:$$PATH" python -m analysis.benchmarks

lock: .venv/ready-dev ## Renew both locks and the pins of environment.yml
	.venv/bin/uv pip compile $(LOCK) pyproject.toml --output-file requirements.lock
	.venv/bin/uv pip compile $(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	.venv/bin/uv pip compile $(LOCK) pyproject.toml --extra jax --group frameworks --constraint requirements.lock \
	  --output-file requirements-frameworks.lock
	sed -n '1,/- pip:/p' environment.yml > environment.yml.partial
	sed -nE 's/^([a-z0-9-]+==[^\]*[^ \]) *\\?$$/      - \1/p' requirements.lock >> environment.yml.partial
	mv environment.yml.partial environment.yml

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  f"gradevo needs Python 3.11 to 3.13, {sys.executable} is {v[0]}.{v[1]}; try make PYTHON=python3.12")'
	@echo "Setting up .venv (once, some minutes) ..."
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# What .venv has is seen from here, so that nothing is installed twice. The lock leaves PyTorch out.
.venv-frameworks/ready: .venv/ready-dev requirements-frameworks.lock requirements-torch.lock
	.venv/bin/python -m venv .venv-frameworks
	{ .venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])'; echo "$(CURDIR)/analysis"; } \
	  > "$$(.venv-frameworks/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/base.pth"
	.venv-frameworks/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps \
	  -r requirements-frameworks.lock
	.venv-frameworks/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes \
	  -r requirements-torch.lock || echo "PyTorch's build for processors cannot be had here: its tests are skipped."
	@touch $@

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

unlock: .venv/ready ## After a run was killed hard (power cut, kill -9); the next run goes on
	$(SNAKEMAKE) --unlock

clean: ## Remove results and prepared data; downloads and .venv stay
	rm -rf results/*/ data/prepared .snakemake
