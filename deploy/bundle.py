"""One archive to install on a server without internet: ``make bundle``, or ``python deploy/bundle.py``.

It holds the project as it lies here, every pinned wheel for this machine's kind of processor, and ``install.sh``,
which verifies ``SHA256SUMS`` before it does anything. The same inputs give the same bytes: entries are sorted, owned by
nobody in particular, and dated by ``SOURCE_DATE_EPOCH`` or the last commit.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
NAME: Final = "pingchang-geo"
#: What a server needs of the project; settings and data of this machine are not in it.
PROJECT: Final = (
    *(".streamlit", "CHANGELOG.md", "LICENSE", "README.md", "README.zh-CN.md", "app.py", "constraints.txt", "data"),
    *("deploy", "docs", "pages", "pingchang_geo", "pyproject.toml", "requirements.txt", "web/package-lock.json"),
    *("web/package.json", "web/src"),
)
#: Never travels, wherever it lies: caches, and a Streamlit secrets file.
SKIPPED: Final = re.compile(r"__pycache__|.*\.(pyc|map|swp|sqlite|toml\.bak)|secrets\.toml|\.DS_Store|.*~")
PYTHON: Final = (3, 11)
#: Oldest C library that every pinned wheel still supports (Debian 10, openEuler 20.03, Kylin V10 SP1 have it).
GLIBC: Final = (2, 28)
#: Installs the wheels: distributions split their own pip off, and a server without internet cannot fetch it.
PIP: Final = "pip==26.3"


class BundleError(Exception):
    """The bundle cannot be made; the message says why and what to do."""


def version(root: Path = ROOT) -> str:
    """The project's version."""
    return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def platform_tags(machine: str, glibc: tuple[int, int]) -> list[str]:
    """Wheel platforms that a machine with this processor and C library can use, newest first."""
    newest = [f"manylinux_2_{minor}_{machine}" for minor in range(glibc[1], 4, -1)]
    return [*newest, *(f"manylinux{old}_{machine}" for old in ("2014", "2010", "1")), f"linux_{machine}"]


def collect_wheels(folder: Path, machine: str, glibc: tuple[int, int]) -> None:
    """Let pip fetch every pinned wheel for Python 3.11 on such a machine; nothing is built, so nothing varies.

    Raises:
        BundleError: pip found no wheel for a pin, or no registry.
    """
    for requirement in (["-r", "requirements.txt"], ["--no-deps", PIP]):
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "download", *requirement]
        command += ["-d", str(folder), "--only-binary=:all:", "--implementation", "cp"]
        command += ["--python-version", ".".join(map(str, PYTHON))]
        command += [part for tag in platform_tags(machine, glibc) for part in ("--platform", tag)]
        command += [part for abi in (f"cp{PYTHON[0]}{PYTHON[1]}", "abi3", "none") for part in ("--abi", abi)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise BundleError("pip 未能取得全部依赖包，见上面的输出。请检查网络或软件源后重试。")


def project_files(root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """Every file of the project that travels, as (name in the bundle, file).

    Raises:
        BundleError: a part of the project is not there, or is a link.
    """
    for top in PROJECT:
        start = root / top
        if not start.exists():
            raise BundleError(f"缺少 {top}：请在完整的项目目录中运行。")
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            inside = path.relative_to(root)
            if any(SKIPPED.fullmatch(part) for part in inside.parts) or path.is_dir():
                continue
            if path.is_symlink():
                raise BundleError(f"{inside} 是链接，不能打包。")
            yield f"app/{inside.as_posix()}", path
    yield from _browser_libraries(root)


def _browser_libraries(root: Path) -> Iterator[tuple[str, Path]]:
    """The libraries that browsers are given: what the lock names, without development packages and source maps."""
    locked = json.loads((root / "web" / "package-lock.json").read_text("utf-8"))["packages"]
    for name, entry in locked.items():
        if not name or entry.get("dev"):
            continue
        folder = root / "web" / name
        if not (folder / "package.json").is_file():
            raise BundleError(f"缺少 web/{name}：请先运行 make setup。")
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not SKIPPED.fullmatch(path.name):
                yield f"app/{path.relative_to(root).as_posix()}", path


def facts(version: str, machine: str, glibc: tuple[int, int]) -> bytes:
    """What ``install.sh`` compares the server with, as ``name=value`` lines."""
    values = {
        "version": version,
        "machine": machine,
        "python": ".".join(map(str, PYTHON)),
        "glibc": ".".join(map(str, glibc)),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items()).encode()


def checksums(files: dict[str, Path]) -> bytes:
    """``SHA256SUMS`` over all files, sorted by name."""
    lines = []
    for name in sorted(files):
        with files[name].open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines).encode()


def source_date(root: Path = ROOT) -> int:
    """Date of every entry: ``SOURCE_DATE_EPOCH``, else the last commit, else 1980."""
    if given := os.environ.get("SOURCE_DATE_EPOCH", ""):
        return int(given)
    git = shutil.which("git")
    command = [git or "false", "-C", str(root), "log", "-1", "--format=%ct"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(said.stdout) if said.returncode == 0 and said.stdout.strip() else 315_532_800


def pack(files: dict[str, Path], top: str, archive: Path, date: int) -> None:
    """Write the archive beside its place and move it there: half an archive never bears the name."""
    part = archive.with_name(archive.name + ".part")
    with (
        part.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=date) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = files[name].stat().st_size
            entry.mtime = date
            entry.mode = 0o755 if name.endswith(".sh") else 0o644
            with files[name].open("rb") as stream:
                tar.addfile(entry, stream)
    part.replace(archive)


def build(out: Path, wheels: Path, machine: str, glibc: tuple[int, int], root: Path = ROOT) -> Path:
    """Put project, wheels and installer into one archive.

    Args:
        out: folder of the archive; made when missing.
        wheels: folder with the wheels, pip's own among them.
        machine: processor as ``uname -m`` says it.
        glibc: oldest C library that the wheels support.
        root: the project.

    Returns:
        The archive. Its own checksum lies beside it as ``….sha256``.

    Raises:
        BundleError: something is missing.
    """
    top = f"{NAME}-{version(root)}"
    archive = out / f"{top}-linux-{machine}.tar.gz"
    out.mkdir(parents=True, exist_ok=True)
    files = dict(project_files(root))
    files |= {f"wheels/{path.name}": path for path in sorted(wheels.glob("*.whl"))}
    files["install.sh"] = root / "deploy" / "install.sh"
    with tempfile.TemporaryDirectory() as made:
        for name, content in (("BUNDLE", facts(version(root), machine, glibc)), ("SHA256SUMS", b"")):
            files[name] = Path(made) / name
            files[name].write_bytes(content or checksums({n: f for n, f in files.items() if n != name}))
        pack(files, top, archive, source_date(root))
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    archive.with_name(archive.name + ".sha256").write_text(f"{digest}  {archive.name}\n", "utf-8")
    return archive


def main(arguments: list[str] | None = None) -> int:
    """Make the bundle."""
    parser = argparse.ArgumentParser(description="生成离线安装包")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="输出目录，默认 dist")
    parser.add_argument("--wheels", type=Path, default=None, help="已下载的依赖包目录；默认由 pip 下载")
    chosen = parser.parse_args(arguments)
    machine = platform.machine()
    try:
        if sys.platform != "linux" or sys.version_info[:2] != PYTHON or platform.libc_ver()[0] != "glibc":
            raise BundleError(f"请在 glibc 的 Linux 上用 Python {PYTHON[0]}.{PYTHON[1]} 打包。")
        with tempfile.TemporaryDirectory() as fetched:
            wheels = chosen.wheels or Path(fetched)
            if chosen.wheels is None:
                print("· 收集依赖包", flush=True)
                collect_wheels(wheels, machine, GLIBC)
            print("· 打包", flush=True)
            archive = build(chosen.out, wheels, machine, GLIBC)
    except BundleError as error:
        print(f"错误：{error}", file=sys.stderr)
        return 2
    print(f"已生成 {archive.name}（{archive.stat().st_size / 1e6:.0f} MB）及其校验值 {archive.name}.sha256。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
