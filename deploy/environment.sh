#!/bin/sh
# 用环境变量文件中的设置运行一条命令：environment.sh 文件 命令 [参数…]。没有该文件则直接运行。
# 每行 名称=值，与 systemd 的 EnvironmentFile 理解相同，照字面读取，从不执行；已有的环境变量优先。
# 值可以整个用单引号或双引号括起；其余的引号、反斜杠与续行不接受，以免与 systemd 读出两样。
# 名称为大写，shell 自用的不接受；本程序的变量一律小写，因此文件改不了它们。
set -eu
file=$1
shift

refuse() {
  printf '%s\n' "错误：$*" >&2
  exit 2
}
doubtful() { refuse "$file 第 $number 行：含有引号或反斜杠的值请整个用单引号括起（其中不能再有单引号）。"; }

if { [ -d "${file%/*}" ] && [ ! -x "${file%/*}" ]; } || { [ -e "$file" ] && [ ! -r "$file" ]; }; then
  refuse "用户 $(id -un) 不能读取 $file。请以 root 执行本命令；运行服务的用户读不到时，把文件的属组改为他的组并 chmod 640（所在目录 755）。"
fi
[ -e "$file" ] || exec "$@"

printenv=$(command -v printenv)
number=0
loaded=" "
while IFS= read -r line || [ -n "$line" ]; do
  number=$((number + 1))
  line=${line#"${line%%[![:space:]]*}"}
  line=${line%"${line##*[![:space:]]}"}
  case $line in
    "" | "#"* | ";"*) continue ;;
    *=*) ;;
    *) refuse "$file 第 $number 行不是 名称=值。" ;;
  esac
  name=${line%%=*}
  name=${name%"${name##*[![:space:]]}"}
  value=${line#*=}
  value=${value#"${value%%[![:space:]]*}"}
  case $name in
    http_proxy | https_proxy | no_proxy) ;;
    # 逐个写出字母：有的 shell 在中文环境下把小写也算进 A-Z。
    "" | [!ABCDEFGHIJKLMNOPQRSTUVWXYZ]* | *[!ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_]*)
      refuse "$file 第 $number 行的名称不能使用，应以大写字母开头，只含大写字母、数字与下划线。"
      ;;
    IFS | OPTARG | OPTERR | OPTIND | PS[0-9] | ENV | BASH* | SHELLOPTS | SHLVL | PPID | UID | EUID | GROUPS | DIRSTACK | FUNCNAME | HISTCMD | LINENO | RANDOM | SRANDOM | SECONDS | EPOCH*)
      refuse "$file 第 $number 行的名称 $name 由 shell 自用，不能设置。"
      ;;
  esac
  case $value in
    \'*\')
      value=${value#?} && value=${value%?}
      case $value in *\'*) doubtful ;; esac
      ;;
    \"*\")
      value=${value#?} && value=${value%?}
      case $value in *[\"\\]*) doubtful ;; esac
      ;;
    *[\'\"\\]*) doubtful ;;
  esac
  case $loaded in
    *" $name "*) ;;
    *) ! "$printenv" "$name" >/dev/null || continue ;;
  esac
  export "$name=$value"
  loaded="$loaded$name "
done <"$file"
exec "$@"
