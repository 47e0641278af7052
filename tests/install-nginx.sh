#!/usr/bin/env bash
# nginx for the tests behind a reverse proxy: the one that is there, otherwise the distribution's package.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"
command -v nginx >/dev/null && exit 0
echo "· 安装 nginx（测试用）"
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
if ! command -v apt-get >/dev/null; then
  echo "请自行安装 nginx，然后重试。" >&2
  exit 1
fi
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx >/dev/null
# The package starts a server on port 80; the tests start their own on free ports.
if [ -d /run/systemd/system ]; then
  $sudo systemctl disable --quiet --now nginx || true
fi
