#!/usr/bin/env bash
# 备份一份、校验、只留最近若干份，再清理旧版本数据。用法：backup.sh 目录 [份数]
# 任何一步不成功即停止，已有的备份不动。由 systemd timer 或 cron 运行。
set -euo pipefail
umask 077
folder=${1:?用法：backup.sh 目录 [份数]}
keep=${2:-14}
program=${PINGCHANG_PROGRAM:-/opt/pingchang-geo/pingchang-geo}
unset PINGCHANG_PROGRAM

[ -d "$folder" ] || {
  echo "错误：没有备份目录 $folder。" >&2
  exit 2
}
[[ $keep =~ ^[1-9][0-9]*$ ]] || {
  echo "错误：份数应为不小于 1 的整数。" >&2
  exit 2
}
"$program" backup "$folder/pingchang-$(date +%Y%m%d-%H%M%S).tar.gz"
find "$folder" -maxdepth 1 -type f -name 'pingchang-[0-9]*-[0-9]*.tar.gz' | sort | head -n -"$keep" | xargs -r -d '\n' rm -f --
"$program" prune
