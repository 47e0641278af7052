#!/usr/bin/env bash
# Chromium for the browser tests: the one that is there, otherwise the distribution's package without a window.
set -euo pipefail
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . && exit 0
done
echo "· 安装 Chromium 与中文字体"
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
if ! command -v apt-get >/dev/null; then
  echo "请自行安装 Chromium 与一种中文字体（例如 Noto Sans CJK），然后重试。" >&2
  exit 1
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell fonts-noto-cjk fontconfig >/dev/null
