# Each target is one command. Without make: python -m embeddings_course COMMAND
# Another Python (3.11 to 3.13): make book PYTHON=python3.12

PYTHON ?= python3

.PHONY: help book pdf check test test-slow test-all coverage lab assignments bundle demo-class links notebooks bench clean

help:      ## show this list
	@awk -F ': *## *' '/^[a-z-]+:.*##/ {printf "make %-11s %s\n", $$1, $$2}' Makefile

book:      ## execute what changed and build the book; KEEP_GOING=1 publishes a failing page, too
	$(PYTHON) -m embeddings_course book $(if $(filter-out 0 no false,$(KEEP_GOING)),--keep-going)

pdf:       ## the built book as one PDF; CODE=1 prints folded code, ALL=1 every page
	$(PYTHON) -m embeddings_course pdf $(if $(filter-out 0 no false,$(CODE)),--code) $(if $(filter-out 0 no false,$(ALL)),--all)

check:     ## style, types, what may import what, and the unit tests: before each commit
	$(PYTHON) -m embeddings_course check

test:      ## build the book and run every check
	$(PYTHON) -m embeddings_course test

test-slow: ## the tests that take minutes each; DRAW=1 runs a part of them
	$(PYTHON) -m embeddings_course test-slow $(if $(filter-out 0 no false,$(DRAW)),--draw)

test-all:  ## every check there is: all pages once more, and the slow tests
	$(PYTHON) -m embeddings_course test --everything
	$(PYTHON) -m embeddings_course test-slow

coverage:  ## the tests once more, measured: which branches of the tools none of them takes
	$(PYTHON) -m embeddings_course coverage

lab:       ## JupyterLab with the chapters and the assignments
	$(PYTHON) -m embeddings_course lab

assignments: ## write assignments/ again from source/
	$(PYTHON) -m embeddings_course assignments

bundle:    ## one zip file with what students need
	$(PYTHON) -m embeddings_course bundle

demo-class: ## an invented class goes through a term; then formgrader shows it
	$(PYTHON) -m embeddings_course demo-class

links:     ## ask the network whether the book's links to other hosts still work
	$(PYTHON) -m embeddings_course links

notebooks: ## write what the branch for Colab and Binder holds
	$(PYTHON) -m embeddings_course notebooks

bench:     ## the benchmarks, as tables
	$(PYTHON) -m embeddings_course bench

clean:     ## remove what was built, except the notebooks of lab
	$(PYTHON) -m embeddings_course clean
