# cairn.storage: every target sets up what it needs first. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cairn-storage
PYTHON ?= python3
VENV := $(CACHE)/venv-$(shell { cat tests/requirements.txt; $(PYTHON) -c 'import sys; print(sys.base_prefix, sys.version)'; } 2>/dev/null | sha256sum | cut -c1-12)
PACKAGES := $(shell sed 's/\#.*//' lab/packages.txt) python3 python3-venv shellcheck
SITE := LAB_NAME=$(or $(LAB_NAME),site) lab/lab

export PATH := $(VENV)/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.work/collections

.PHONY: help setup site map test unit lint molecule molecule-csi rollouts csi-roles csi-sanity csi-faults iscsi faults security security-hosts security-driver security-api security-pods tiers due record lab clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: ## install what everything else needs: Debian packages, a Python environment in the cache
	@missing=$$(dpkg-query -W -f '$${Package} $${Status}\n' $(PACKAGES) 2>/dev/null | awk '/ok installed$$/ {print $$1}' | sort | comm -13 - <(printf '%s\n' $(PACKAGES) | sort -u)); \
	if [ -n "$$missing" ]; then echo "installing Debian packages: $$missing" | tr '\n' ' '; echo; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
	@if [ ! -e $(VENV)/done ]; then echo "making the Python environment (about 2 minutes)"; rm -rf $(VENV); mkdir -p $(CACHE); \
	  $(PYTHON) -m venv $(VENV) && $(VENV)/bin/pip install -q --disable-pip-version-check -r tests/requirements.txt && touch $(VENV)/done; fi
	@mkdir -p .work/collections/ansible_collections/cairn && ln -sfn ../../../.. .work/collections/ansible_collections/cairn/storage

site: setup ## bring the lab up, run site.yml on it and print the storage map
	$(SITE) up
	$(SITE) exec -- ansible-playbook -i inventories/lab playbooks/site.yml
	$(SITE) exec -- ansible-playbook -i inventories/lab playbooks/storage_map.yml

lab: setup ## bring up the lab of `make site` without touching its storage
	$(SITE) up --timings

unit lint molecule molecule-csi rollouts csi-roles csi-sanity csi-faults iscsi faults security security-hosts security-driver security-api security-pods test: setup
	@python3 tests/tools/run.py $@
unit: ## tests of plain values, in seconds
lint: ## ansible-lint, ansible-test sanity, documentation, packaging
molecule: ## the Molecule scenarios on a lab of their own
molecule-csi: ## volumes on demand, end to end, on a lab of their own
rollouts: ## canaries, growth, scale and replacement of storage pods, on a lab of their own
csi-roles: ## the catalogue of CSI drivers on an API server, on a lab of its own
csi-sanity: ## the CSI driver under CSI's own tests and ours, killed at each of its commands, on a lab of their own
csi-faults: ## the CSI driver renewed, broken, killed and cut off in a cluster, on a lab of their own
iscsi: ## targets and initiators between machines, on a lab of their own
faults: ## power cuts, lost disks and cut networks on a lab of their own
security: ## attacks by pods, nodes, initiators and local users: the four below, each on a lab of its own
security-hosts: ## what tenants and local users try on machines
security-driver: ## what tenants try on the CSI driver
security-api: ## what tenants and nodes try by the API server
security-pods: ## what pods try on a cluster
test: ## what CI runs: unit, lint, hosts, cluster, CSI's own tests, molecule

tiers: setup ## the long tiers and the benchmarks: when each last passed, and which are due
	@python3 tests/tools/tiers.py show
due: setup ## what CI runs after make test: the long tiers that are due, within MINUTES=44
	@python3 tests/tools/tiers.py run $(or $(MINUTES),44)
record: setup ## write into tests/tiers.yml how a run ended: TIER=name LOG=file (or LAST='its last line'), COMMIT=id, and ISSUE=number if it failed
	@python3 tests/tools/tiers.py record

bench-site: setup ## time and requests of a site run that changes nothing
	python3 tests/benchmarks/site.py

bench-lvm: setup ## LVM: time against community.general's modules, commands and time of a run that changes nothing
	PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) python3 tests/benchmarks/lvm.py

bench-iscsi: setup ## iSCSI: commands and time of a run that changes nothing, time and data path against targetcli
	python3 tests/benchmarks/iscsi.py

bench-kube: setup ## Kubernetes objects: time and requests against kubernetes.core, waiting, relations of many objects
	PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) python3 tests/benchmarks/kube.py

bench-csi: setup ## CSI: pods, calls and data path against what the driver is made of, a limit against what is written
	python3 tests/benchmarks/csi.py

clean: ## take down the labs of this folder and drop what was built here (the cache stays)
	-@for name in site test test-csi test-mol bench; do LAB_NAME=$$name lab/lab down --purge; done
	rm -rf .work tests/output
