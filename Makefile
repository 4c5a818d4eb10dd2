# Two commands matter: `make setup` and `make test`. Each does all set-up itself.
# No built-in rules: looking for one for every source file would cost more than everything else here.
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
WORKSPACE ?= examples/workspace
SETUP_FLAGS ?= --yes
SOURCES := $(wildcard src/*.ts src/*/*.ts src/*/*/*.ts src/*/*.json)

.PHONY: setup test check bench build docs clean help

setup: dist/cli.js .cache/prepared ## build the tool when needed and set up WORKSPACE (examples/workspace)
	@node bin/hotpass-bootstrap.cjs setup $(SETUP_FLAGS) -C '$(WORKSPACE)'

test: dist/cli.js ## everything: types, lint, unit, integration and end-to-end tests
	@sh scripts/prepare.sh test
	@node scripts/test.mjs

check: node_modules/.complete ## types and lint only
	@npx --no-install tsc -p .
	@npx --no-install biome check

bench: dist/cli.js ## what things cost, as ratios in one run
	@node scripts/bench.mjs; kept=$$?; node scripts/bench-ci.mjs && exit $$kept

build: dist/cli.js ## bundle src/ into dist/

docs: site/node_modules/.complete ## the documentation as a site, in .cache/site
	@rm -rf .cache/site
	@cd site && npx --no-install eleventy --quiet --config=eleventy.config.mjs

clean: ## remove what was built and cached here
	@rm -rf dist node_modules site/node_modules .cache

help: ## this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/'

node_modules/.complete: package-lock.json package.json
	@npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

site/node_modules/.complete: site/package-lock.json
	@cd site && npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

.DELETE_ON_ERROR:

dist/cli.js: node_modules/.complete scripts/build.mjs $(SOURCES) $(wildcard docs/findings/*.md)
	@node scripts/build.mjs

.cache/prepared: scripts/prepare.sh
	@mkdir -p .cache
	@sh scripts/prepare.sh setup
	@touch $@
