#!/usr/bin/env bash
# 平昌县生态资产一张图：离线安装与升级。可以重复运行；数据与 settings.toml 不会被改动。
set -euo pipefail
umask 022
export LC_ALL=C.UTF-8

home=/opt/pingchang-geo
prefix=$home
data=""
python=""
user=""
environment=""
# 服务单元允许写入的数据目录（StateDirectory）与它读取的设置（EnvironmentFile）。
state=/var/lib/pingchang-geo
shared=/etc/pingchang-geo/environment

usage() {
  cat <<'TEXT'
用法：./install.sh [选项]
  --prefix 目录   安装到哪里，默认 /opt/pingchang-geo
  --data 目录     数据目录，默认「安装目录/var」，有 --user 时默认 /var/lib/pingchang-geo；仅首次安装时写入 settings.toml
  --user 用户     运行服务的系统用户：数据目录归他所有，settings.toml 仅他可读；升级时沿用原来的
  --python 程序   Python 3.11 解释器，默认在 PATH 中查找
  --environment 文件   环境变量形式的设置，与服务单元的 EnvironmentFile 同一个；升级时沿用原来的
                  默认 /etc/pingchang-geo/environment；装到别处又没有 --user 时默认「安装目录/environment」
TEXT
}

say() { printf '%s\n' "· $*"; }
refuse() {
  printf '%s\n' "错误：$*" >&2
  exit 2
}

# 已安装的命令中记下的选项。
kept() { sed -n "s/^$1='\{0,1\}\([^']*\)'\{0,1\}$/\1/p" "$prefix/pingchang-geo" 2>/dev/null || true; }

parse() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --prefix | --data | --user | --python | --environment)
        [ $# -ge 2 ] && [ -n "$2" ] || refuse "选项 $1 后面缺少内容。"
        printf -v "${1#--}" '%s' "$2"
        shift 2
        ;;
      *) refuse "不认识的选项 $1。用 ./install.sh --help 查看用法。" ;;
    esac
  done
  for name in prefix data environment; do
    case ${!name} in
      "" | /*) ;;
      *) refuse "--$name 应为绝对路径。" ;;
    esac
    case ${!name} in
      *[\"\\\']* | *$'\n'*) refuse "--$name 不能含有引号、反斜杠或换行。" ;;
    esac
  done
  prefix=${prefix%/}
  [ -n "$prefix" ] || refuse "不能安装到根目录。"
  # 升级时没有再写的，沿用原来的；之后的默认值与检查都以此为准。
  user=${user:-$(kept user)}
  environment=${environment:-$(kept environment)}
  # 另装的一套（如试用）不读服务的设置，否则数据目录也成了服务的。
  [ -n "$environment" ] || environment=$([ "$prefix" = "$home" ] || [ -n "$user" ] && echo "$shared" || echo "$prefix/environment")
  chosen=$data
  [ -n "$data" ] || data=$([ -n "$user" ] && echo "$state" || echo "$prefix/var")
}

# 在做任何事情之前：文件一个不多、一个不少、一个字节不差。
verify() {
  command -v sha256sum >/dev/null || refuse "缺少 sha256sum 命令，请先安装 coreutils。"
  [ -f SHA256SUMS ] || refuse "缺少 SHA256SUMS：请在解压后的安装包目录中运行本程序。"
  say "核对 SHA256SUMS"
  local bad
  bad=$(sha256sum --check --strict --quiet SHA256SUMS 2>/dev/null | head -n 3 | tr '\n' ' ') || true
  [ -z "$bad" ] || refuse "安装包内容与 SHA256SUMS 不符（$bad）。请重新拷贝并解压安装包。"
  sha256sum --check --strict --status SHA256SUMS 2>/dev/null || refuse "安装包不完整或 SHA256SUMS 已损坏。请重新拷贝并解压安装包。"
  local extra
  extra=$(comm -13 <(sed 's/^[0-9a-f]*  //' SHA256SUMS | sort) \
    <(find . -mindepth 1 ! -type d ! -path ./SHA256SUMS -printf '%P\n' | sort) | head -n 3 | tr '\n' ' ')
  [ -z "$extra" ] || refuse "安装包中有 SHA256SUMS 未列出的文件（$extra）。请在空目录中重新解压安装包。"
}

fact() { sed -n "s/^$1=//p" BUNDLE; }

# 1.2 是否不小于 1.10，按数字比较。
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

check_machine() {
  local machine glibc
  machine=$(uname -m)
  [ "$(uname -s)" = Linux ] || refuse "本安装包只用于 Linux。"
  [ "$machine" = "$(fact machine)" ] || refuse "本安装包用于 $(fact machine) 处理器，本机是 $machine。请在同类机器上用 make bundle 重新生成。"
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/^glibc //') || true
  [ -n "$glibc" ] || refuse "本机没有 glibc（例如 Alpine），本安装包不能使用。"
  at_least "$glibc" "$(fact glibc)" || refuse "本安装包需要 glibc $(fact glibc) 或更高版本，本机是 $glibc。请升级操作系统。"
}

find_python() {
  local wanted found seen="" candidate
  wanted=$(fact python)
  for candidate in ${python:+"$python"} python3.11 python3; do
    [ -z "$python" ] || [ "$candidate" = "$python" ] || break
    command -v "$candidate" >/dev/null 2>&1 || continue
    found=$("$candidate" -I -c 'import sys, struct; print(sys.implementation.name, "%d.%d" % sys.version_info[:2], struct.calcsize("P") * 8)' 2>/dev/null) || continue
    if [ "$found" = "cpython $wanted 64" ]; then
      "$candidate" -I -c 'import venv, ssl, sqlite3' 2>/dev/null || refuse "$candidate 缺少标准库模块（venv、ssl 或 sqlite3）。请安装完整的 Python $wanted。"
      python=$(command -v "$candidate")
      return
    fi
    seen="$seen $candidate（$found）"
  done
  refuse "需要 64 位 CPython $wanted；找到的是：${seen:- 无}。请安装 Python $wanted（Debian 12：apt-get install python3.11），或用 --python 指定。"
}

# 环境变量文件优先于 settings.toml：其中的数据目录与 --data 不同，--data 就不会生效。
check_data() {
  folder=$(env -u PINGCHANG_DATA_DIR sh app/deploy/environment.sh "$environment" printenv PINGCHANG_DATA_DIR) || [ $? -eq 1 ] ||
    refuse "不能使用 $environment，未切换；原版本不受影响。按上一行改正后重新运行。"
  [ -z "$chosen" ] || [ -z "$folder" ] || [ "$(realpath -m -- "$chosen")" = "$(realpath -m -- "$folder")" ] ||
    refuse "--data $chosen 不会生效：$environment 中的 PINGCHANG_DATA_DIR 是 $folder，以它为准。沿用该目录就去掉 --data；另装一套就用 --environment 指定它自己的文件（如 $prefix/environment，可以还没有）。"
}

check_place() {
  [ -z "$user" ] || [ "$(id -u)" -eq 0 ] || refuse "有 --user（或原来安装时有，为 $user）时须以 root 运行。"
  [[ $user =~ ^[a-z_][a-z0-9_-]*$|^$ ]] || refuse "用户名 $user 不能使用。"
  [ -z "$user" ] || id -u "$user" >/dev/null 2>&1 || refuse "没有用户 $user。请先运行：useradd --system --home-dir $prefix --shell /usr/sbin/nologin $user"
  mkdir -p "$prefix/releases" 2>/dev/null && [ -w "$prefix/releases" ] || refuse "不能写入 $prefix。请用 root 运行，或用 --prefix 另选目录。"
  local free
  free=$(df -Pk "$prefix" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 1500000 ] || refuse "$prefix 所在磁盘剩余空间不足 1.5 GB。"
  if command -v flock >/dev/null; then
    exec 9>"$prefix/.install.lock"
    flock -n 9 || refuse "另一个安装正在进行。"
  fi
}

# 每个版本一个目录，装完才算数；中断后重新运行即可。
install_release() {
  if [ -f "$release/.complete" ]; then
    say "此版本已安装，不再重复"
    return
  fi
  rm -rf "$release"
  mkdir -p "$release"
  say "复制程序"
  cp -R --no-preserve=ownership app "$release/app"
  chmod -R u=rwX,go=rX "$release/app"
  ln -s ../../../settings.toml "$release/app/settings.toml"
  say "安装依赖（不联网，约一分钟）"
  "$python" -I -m venv --without-pip "$release/venv"
  # 发行版常把 pip 另外打包，离线服务器上未必有：用安装包自带的。
  "$python" -I -m zipfile -e wheels/pip-[0-9]*.whl "$release/.pip"
  local pip=("$release/venv/bin/python" -I "$release/.pip/pip" --isolated --disable-pip-version-check -q)
  "${pip[@]}" install --no-index --find-links wheels --no-compile -r app/requirements.txt ||
    refuse "依赖包安装失败，见上面的输出。原版本不受影响。"
  "${pip[@]}" check >/dev/null || refuse "依赖包之间不匹配，安装包有误。"
  # 任何目录下都能运行 python -m pingchang_geo
  printf '%s\n' "$release/app" >"$("$release/venv/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/pingchang_geo.pth"
  "$release/venv/bin/python" -I -m compileall -q -j 0 "$release/venv/lib" "$release/app/pingchang_geo" "$release/app/pages" >/dev/null || true
  rm -rf "$release/.pip"
  [ -z "$user" ] || runuser -u "$user" -- "$release/venv/bin/python" -I -c 'import sys' 2>/dev/null ||
    refuse "用户 $user 不能运行 $python。请把 Python 安装在人人可读的位置（如 /usr/bin），或用 --python 另选。"
  touch "$release/.complete"
}

first_settings() {
  if [ -e "$prefix/settings.toml" ]; then
    say "保留现有的 settings.toml"
    return
  fi
  umask 027
  cat >"$prefix/settings.toml" <<TEXT
# 平昌县生态资产一张图的设置。各项说明见 $prefix/current/app/docs/operations.md
data_dir = "$data"
# viewing = "closed"                      # 浏览也需要登录；默认 open
# public_url = "https://geo.example.cn"   # 浏览者使用的地址
# trusted_proxies = ["127.0.0.1"]         # 反向代理的地址
TEXT
  umask 022
  [ -z "$user" ] || chgrp "$(id -gn "$user")" "$prefix/settings.toml"
}

first_data() {
  mkdir -p "$prefix/cache"
  [ -z "$user" ] || chown "$user:$(id -gn "$user")" "$prefix/cache"
  [ -n "$folder" ] ||
    folder=$("$release/venv/bin/python" -I -c 'import sys, tomllib; print(tomllib.load(open(sys.argv[1], "rb")).get("data_dir", ""))' "$prefix/settings.toml" 2>/dev/null) || true
  folder=${folder:-$data}
  [ -e "$folder" ] && return
  [ ! -e "$prefix/current" ] || say "注意：数据目录 $folder 不在，现新建一个空的。它若在另一块磁盘上，请先挂载再启动服务"
  mkdir -p "$folder"
  chmod 750 "$folder"
  [ -z "$user" ] || chown "$user:$(id -gn "$user")" "$folder"
}

# 新版本能读懂现有设置，才切换过去。
switch() {
  local as=(env)
  [ -z "$user" ] || as=(runuser -u "$user" --)
  "${as[@]}" "$release/app/deploy/environment.sh" "$environment" "$release/venv/bin/python" -P -c 'import sys
from pingchang_geo.errors import PingchangError
from pingchang_geo.settings import settings
try:
    settings()
except PingchangError as error:
    sys.exit(f"错误：{error}")' || refuse "新版本不能使用现有设置，未切换；原版本不受影响。改正 $prefix/settings.toml（或 $environment）后重新运行。"
  {
    cat <<'TEXT'
#!/bin/sh
# 由 install.sh 生成：运行当前版本。升级不影响已经启动的进程。
# root 运行时改用运行服务的用户，数据目录里不会出现服务写不了的文件。
# 与服务读取同一个环境变量文件，因此用的是同一套设置。
set -eu
TEXT
    printf "user=%s\nenvironment='%s'\n" "$user" "$environment"
    cat <<'TEXT'
prefix=$(dirname "$(readlink -f "$0")")
release=$(readlink -f "$prefix/current")
cache=${MPLCONFIGDIR:-$prefix/cache}
if [ -n "$user" ] && [ "$(id -u)" -eq 0 ]; then
  set -- runuser -u "$user" -- env HOME="$prefix" MPLCONFIGDIR="$cache" "$release/venv/bin/python" -P -m pingchang_geo "$@"
else
  [ ! -w "$cache" ] || export MPLCONFIGDIR="$cache"
  set -- "$release/venv/bin/python" -P -m pingchang_geo "$@"
fi
exec "$release/app/deploy/environment.sh" "$environment" "$@"
TEXT
  } >"$prefix/.pingchang-geo.new"
  chmod 755 "$prefix/.pingchang-geo.new"
  ln -sfn "releases/${release##*/}" "$prefix/.current.new"
  mv -fT "$prefix/.current.new" "$prefix/current"
  mv -f "$prefix/.pingchang-geo.new" "$prefix/pingchang-geo"
}

parse "$@"
cd "$(dirname "$(readlink -f "$0")")"
verify
check_machine
find_python
check_data
check_place
release=$prefix/releases/$(fact version)-$(sha256sum SHA256SUMS | cut -c 1-8)
install_release
first_settings
first_data
switch
say "已安装 $(fact version)：$release"
cat <<TEXT

启动：      $prefix/pingchang-geo serve
开机自启：  见 $prefix/current/app/docs/operations.md「作为系统服务」
升级之后：  重新启动服务即用新版本；旧版本留在 $prefix/releases，确认无误后可以删除。
TEXT
[ -z "$user" ] || [ "$folder" = "$state" ] || cat <<TEXT

注意：服务单元只能写 $state，数据目录却是 $folder。
开机自启之前，运行 systemctl edit pingchang-geo 与 systemctl edit pingchang-geo-backup，各写入：
  [Service]
  ReadWritePaths="$folder"
TEXT
