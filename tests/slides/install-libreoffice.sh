#!/usr/bin/env bash
# LibreOffice Impress and Poppler for the tests that open the slides: those that are there, otherwise the distribution's.
set -euo pipefail
command -v soffice >/dev/null && command -v pdftoppm >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . && exit 0
echo "· 安装 LibreOffice Impress、Poppler 与中文字体"
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
if ! command -v apt-get >/dev/null; then
  echo "请自行安装 LibreOffice Impress、Poppler（pdftoppm）与一种中文字体（例如 Noto Sans CJK），然后重试。" >&2
  exit 1
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  libreoffice-impress poppler-utils fonts-noto-cjk fontconfig >/dev/null
