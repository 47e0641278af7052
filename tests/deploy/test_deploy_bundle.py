"""The offline bundle and its installer, with a project and a package that are small; the real one is in offline."""

from __future__ import annotations

import ensurepip
import hashlib
import json
import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import bundle

MACHINE = platform.machine()
SETTINGS = """
from pathlib import Path
from pingchang_geo.errors import PingchangError

def settings():
    text = (Path(__file__).parent.parent / "settings.toml").read_text("utf-8")
    if "viewing" in text.replace("# viewing", ""):
        raise PingchangError("viewing 应为 open 或 closed。")
    return text
"""
MAIN = """
import sys
import tiny
print(tiny.NAME, *sys.argv[1:])
"""


def pip_wheel() -> Path:
    """The wheel of pip that came with this Python."""
    folders = [Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels")]
    return next(path for folder in folders for path in sorted(folder.glob("pip-*.whl")))


def small_wheel(folder: Path) -> None:
    """A package of one module."""
    name = "tiny-1.0.dist-info"
    files = {
        "tiny.py": "NAME = 'tiny 1.0'\n",
        f"{name}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        f"{name}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{name}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{name}/RECORD"])
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def project(root: Path, version: str) -> Path:
    """The smallest project that has every part a bundle asks for."""
    lock = {
        "packages": {
            "": {},
            "node_modules/leaflet": {},
            "node_modules/linter": {"dev": True},
        }
    }
    files = {
        **dict.fromkeys(("CHANGELOG.md", "LICENSE", "README.md", "README.zh-CN.md", "app.py", "data/a.toml"), "a\n"),
        **dict.fromkeys(("docs/operations.md", "pages/a.py", "web/package.json", "web/src/a.js"), "\n"),
        ".streamlit/config.toml": "[browser]\n",
        ".streamlit/secrets.toml": "cookie = 's3cret'\n",
        "constraints.txt": "tiny==1.0\n",
        "requirements.txt": "-c constraints.txt\ntiny\n",
        "pyproject.toml": f'[project]\nname = "pingchang-geo"\nversion = "{version}"\n',
        "pingchang_geo/__init__.py": "",
        "pingchang_geo/__main__.py": MAIN,
        "pingchang_geo/__pycache__/a.pyc": "x",
        "pingchang_geo/errors.py": "class PingchangError(Exception): ...\n",
        "pingchang_geo/settings.py": SETTINGS,
        "settings.toml": "metrics_token = 's3cret'\n",
        "var/accounts.sqlite": "s3cret",
        "web/package-lock.json": json.dumps(lock),
        "web/node_modules/leaflet/package.json": "{}",
        "web/node_modules/leaflet/dist/leaflet.js": "L\n",
        "web/node_modules/leaflet/dist/leaflet.js.map": "{}",
        "web/node_modules/linter/package.json": "{}",
        "web/node_modules/.package-lock.json": "{}",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (root / "deploy").mkdir()
    for name in ("install.sh", "backup.sh", "environment.sh"):
        shutil.copy(bundle.ROOT / "deploy" / name, root / "deploy" / name)
    return root


def wheels(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    small_wheel(folder)
    shutil.copy(pip_wheel(), folder)
    return folder


@pytest.fixture(autouse=True)
def dated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def packed(tmp_path: Path, version: str = "1.2.3") -> Path:
    """A bundle's archive."""
    root = project(tmp_path / f"project-{version}", version)
    return bundle.build(tmp_path / "dist", wheels(tmp_path / "wheels"), MACHINE, (2, 5), root)


@dataclass
class Unpacked:
    """A bundle as the operator has it before installing."""

    folder: Path
    prefix: Path

    def install(self, *options: str, prefix: str = "") -> subprocess.CompletedProcess[str]:
        command = [self.folder / "install.sh", "--prefix", prefix or str(self.prefix), "--python", sys.executable]
        return subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd="/", timeout=120)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self.prefix / "pingchang-geo", *words], capture_output=True, text=True, check=True, cwd="/"
        )
        return done.stdout.strip()

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        """Change a file and its line of SHA256SUMS: what the bundle says is then another thing, not damage."""
        path, sums = self.folder / name, self.folder / "SHA256SUMS"
        path.write_text(change(path.read_text("utf-8")), "utf-8")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        text, count = re.subn(rf"(?m)^\w+(?=  {re.escape(name)}$)", digest, sums.read_text("utf-8"))
        assert count == 1
        sums.write_text(text, "utf-8")


def unpack(tmp_path: Path, version: str = "1.2.3") -> Unpacked:
    target = tmp_path / f"unpacked-{version}"
    with tarfile.open(packed(tmp_path, version)) as tar:
        tar.extractall(target, filter="data")
    return Unpacked(target / f"pingchang-geo-{version}", tmp_path / "opt" / "平昌 geo")


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "错误：" in done.stderr
    for word in words:
        assert word in done.stderr


def test_the_same_inputs_make_the_same_bytes(tmp_path: Path) -> None:
    first = packed(tmp_path)
    before = first.read_bytes()
    (tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl").touch()
    again = bundle.build(tmp_path / "other", tmp_path / "wheels", MACHINE, (2, 5), tmp_path / "project-1.2.3")
    assert again.read_bytes() == before
    stated = (tmp_path / "dist" / f"{first.name}.sha256").read_text("utf-8").split()
    assert stated == [hashlib.sha256(before).hexdigest(), first.name]


def test_entries_are_sorted_dated_and_belong_to_nobody(tmp_path: Path) -> None:
    with tarfile.open(packed(tmp_path)) as tar:
        entries = tar.getmembers()
    names = [entry.name for entry in entries]
    assert names == sorted(names)
    assert {entry.mtime for entry in entries} == {1_700_000_000}
    assert {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(0, 0, "", "")}
    assert {entry.mode for entry in entries if entry.name.endswith(".sh")} == {0o755}
    assert {entry.mode for entry in entries if not entry.name.endswith(".sh")} == {0o644}


def test_settings_data_caches_and_development_packages_stay_at_home(tmp_path: Path) -> None:
    with tarfile.open(packed(tmp_path)) as tar:
        names = {entry.name.partition("/")[2] for entry in tar.getmembers()}
        contents = b"".join(tar.extractfile(entry).read() for entry in tar.getmembers())  # type: ignore[union-attr]
    assert {"BUNDLE", "SHA256SUMS", "install.sh", "app/app.py", "wheels/tiny-1.0-py3-none-any.whl"} <= names
    assert "app/web/node_modules/leaflet/dist/leaflet.js" in names
    assert not [name for name in names if re.search(r"settings\.toml|var/|secrets|\.pyc|\.map|linter|/\.package", name)]
    assert b"s3cret" not in contents


def test_parts_that_are_missing_or_links_are_refused(tmp_path: Path) -> None:
    root = project(tmp_path / "project", "1")
    (root / "data" / "link").symlink_to("/etc/passwd")
    with pytest.raises(bundle.BundleError, match="链接"):
        dict(bundle.project_files(root))
    (root / "data" / "link").unlink()
    shutil.rmtree(root / "web" / "node_modules" / "leaflet")
    with pytest.raises(bundle.BundleError, match="make setup"):
        dict(bundle.project_files(root))
    (root / "LICENSE").unlink()
    with pytest.raises(bundle.BundleError, match="LICENSE"):
        dict(bundle.project_files(root))


def test_wheel_platforms_reach_from_the_newest_library_to_the_oldest() -> None:
    tags = bundle.platform_tags("aarch64", (2, 28))
    assert tags[0] == "manylinux_2_28_aarch64"
    assert "manylinux_2_17_aarch64" in tags
    assert "manylinux2014_aarch64" in tags
    assert "manylinux_2_29_aarch64" not in tags


def test_install_again_and_upgrade_keep_settings_and_data(tmp_path: Path) -> None:
    old = unpack(tmp_path)
    done = old.install("--data", str(tmp_path / "数据"))
    assert done.returncode == 0, done.stderr
    assert old.run("serve", "a b") == "tiny 1.0 serve a b"
    settings, data = old.prefix / "settings.toml", tmp_path / "数据"
    assert f'data_dir = "{data}"' in settings.read_text("utf-8")
    assert settings.stat().st_mode & 0o007 == 0, "it will hold secrets"
    assert data.stat().st_mode & 0o007 == 0

    settings.write_text("# mine\n", "utf-8")
    (data / "catalogue.sqlite").write_text("precious", "utf-8")
    again = old.install()
    assert again.returncode == 0, again.stderr
    assert "已安装，不再重复" in again.stdout
    first = (old.prefix / "current").resolve()

    new = unpack(tmp_path, "1.3.0")
    assert new.install().returncode == 0
    second = (old.prefix / "current").resolve()
    assert second.name.startswith("1.3.0-")
    assert (first / ".complete").exists(), "the way back stays open"
    assert new.run() == "tiny 1.0"
    assert settings.read_text("utf-8") == "# mine\n"
    assert (data / "catalogue.sqlite").read_text("utf-8") == "precious"

    assert old.install().returncode == 0
    assert (old.prefix / "current").resolve() == first


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="pingchang-") as made:
        yield Path(made)


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("runuser") or not shutil.which("python3.11", path="/usr/bin:/usr/local/bin"),
    reason="只有 root 能换用户，且需要人人可用的 Python 3.11",
)
def test_root_becomes_the_services_user_also_after_an_upgrade(tmp_path: Path, folder: Path) -> None:
    nobody = pwd.getpwuid(65534)
    python = shutil.which("python3.11", path="/usr/bin:/usr/local/bin")
    assert python
    folder.chmod(0o755)
    data = folder / "data"
    more = ("--user", nobody.pw_name, "--data", str(data))
    for version, options in (("1.2.3", more), ("1.3.0", ())):
        unpacked = unpack(tmp_path, version)
        unpacked.prefix = folder / "opt"
        unpacked.edit("app/pingchang_geo/__main__.py", lambda _: "import os\nprint(os.getuid(), os.environ['HOME'])\n")
        done = unpacked.install("--python", python, *options)
        assert done.returncode == 0, done.stderr
        assert unpacked.run() == f"65534 {folder / 'opt'}"
        assert f'ReadWritePaths="{data}"' in done.stdout
    assert data.stat().st_uid == 65534
    settings = (folder / "opt" / "settings.toml").stat()
    assert (settings.st_uid, settings.st_gid, settings.st_mode & 0o777) == (0, nobody.pw_gid, 0o640)


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("runuser") or not shutil.which("python3.11", path="/usr/bin:/usr/local/bin"),
    reason="只有 root 能换用户，且需要人人可用的 Python 3.11",
)
def test_a_services_data_lie_where_its_unit_may_write(tmp_path: Path, folder: Path) -> None:
    (unit,) = re.findall(
        r"(?m)^StateDirectory=(\S+)$", (bundle.ROOT / "deploy" / "pingchang.service").read_text("utf-8")
    )
    folder.chmod(0o755)
    unpacked, state = unpack(tmp_path), folder / "state"
    assert f"\nstate=/var/lib/{unit}\n" in (unpacked.folder / "install.sh").read_text("utf-8")
    unpacked.edit("install.sh", lambda text: text.replace(f"\nstate=/var/lib/{unit}\n", f"\nstate={state}\n"))
    unpacked.prefix = folder / "opt"
    python = shutil.which("python3.11", path="/usr/bin:/usr/local/bin")
    assert python
    done = unpacked.install("--python", python, "--user", pwd.getpwuid(65534).pw_name)
    assert done.returncode == 0, done.stderr
    assert f'data_dir = "{state}"' in (unpacked.prefix / "settings.toml").read_text("utf-8")
    assert state.stat().st_uid == 65534
    assert "ReadWritePaths" not in done.stdout
    assert not (unpacked.prefix / "var").exists()


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("runuser") or not shutil.which("python3.11", path="/usr/bin:/usr/local/bin"),
    reason="只有 root 能换用户，且需要人人可用的 Python 3.11",
)
def test_an_upgrade_knows_the_services_user_from_the_start(tmp_path: Path, folder: Path) -> None:
    """The manual's upgrade names no user: what it makes must be his all the same, and its Python one he may run."""
    folder.chmod(0o755)
    old, new, state = unpack(tmp_path), unpack(tmp_path, "1.3.0"), folder / "state"
    for unpacked in (old, new):
        unpacked.prefix = folder / "opt"
        unpacked.edit("install.sh", lambda text: re.sub(r"(?m)^state=.*$", f"state={state}", text))
    python = shutil.which("python3.11", path="/usr/bin:/usr/local/bin")
    assert python
    done = old.install("--python", python, "--user", pwd.getpwuid(65534).pw_name)
    assert done.returncode == 0, done.stderr
    assert "数据目录" not in done.stdout
    before = (old.prefix / "current").readlink()
    hidden = tmp_path / "hidden" / "python3.11"
    hidden.parent.mkdir(mode=0o700)
    hidden.symlink_to(sys.executable)
    refused(new.install("--python", str(hidden)), "用户 nobody 不能运行", "--python")
    assert (old.prefix / "current").readlink() == before

    state.rmdir()
    (old.prefix / "settings.toml").write_text("# no folder of its own\n", "utf-8")
    done = new.install("--python", python)
    assert done.returncode == 0, done.stderr
    assert state.stat().st_uid == 65534
    assert not (old.prefix / "var").exists()
    assert f"数据目录 {state} 不在" in done.stdout
    assert "请先挂载" in done.stdout
    assert "\nuser=nobody\n" in (old.prefix / "pingchang-geo").read_text("utf-8")


def test_a_second_installation_leaves_the_first_ones_data_alone(tmp_path: Path) -> None:
    shared, theirs, ours = tmp_path / "etc" / "environment", tmp_path / "theirs", tmp_path / "ours"
    shared.parent.mkdir()
    shared.write_text(f"PINGCHANG_DATA_DIR={theirs}\n", "utf-8")
    first, second = unpack(tmp_path), unpack(tmp_path, "1.3.0")
    second.prefix = tmp_path / "test"
    for unpacked in (first, second):
        lines = (("shared", "/etc/pingchang-geo/environment", shared), ("home", "/opt/pingchang-geo", first.prefix))
        for name, usual, here in lines:
            assert f"\n{name}={usual}\n" in (unpacked.folder / "install.sh").read_text("utf-8")
            new = f"\n{name}='{here}'\n"
            unpacked.edit("install.sh", lambda text, old=f"\n{name}={usual}\n", new=new: text.replace(old, new))  # type: ignore[misc]
        shown = "import os\nprint(os.environ.get('PINGCHANG_DATA_DIR'), os.environ.get('OWN'))\n"
        unpacked.edit("app/pingchang_geo/__main__.py", lambda _, shown=shown: shown)  # type: ignore[misc]
    assert first.install().returncode == 0
    assert first.run() == f"{theirs} None"
    assert theirs.is_dir()

    done = second.install("--data", str(ours))
    assert done.returncode == 0, done.stderr
    assert second.run() == "None None"
    assert ours.is_dir()
    (second.prefix / "environment").write_text("OWN=1\n", "utf-8")
    assert second.install().returncode == 0
    assert second.run() == "None 1", "it reads a file of its own"

    assert second.install("--environment", str(shared)).returncode == 0
    assert second.install().returncode == 0
    assert second.run() == f"{theirs} None", "what it was told once it keeps"
    assert second.install("--environment", str(second.prefix / "environment")).returncode == 0

    refused(first.install("--data", str(ours)), f"--data {ours} 不会生效", str(shared), str(theirs), "--environment")
    assert first.install("--data", f"{theirs}/../theirs/").returncode == 0


def test_data_that_would_not_be_used_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    unpacked, file = unpack(tmp_path), tmp_path / "environment"
    file.write_text("PINGCHANG_DATA_DIR=/srv/production\n", "utf-8")
    done = unpacked.install("--environment", str(file), "--data", str(tmp_path / "test"))
    refused(done, "不会生效", "/srv/production", f"{unpacked.prefix}/environment")
    file.write_text("OPTIND=x\n", "utf-8")
    refused(unpacked.install("--environment", str(file)), f"{file} 第 1 行", "未切换")
    assert not unpacked.prefix.exists()
    assert not (tmp_path / "test").exists()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="只有 root 能换用户")
def test_a_python_that_the_services_user_may_not_run_is_refused(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden" / "python3.11"
    hidden.parent.mkdir(mode=0o700)
    hidden.symlink_to(sys.executable)
    done = unpack(tmp_path).install("--user", pwd.getpwuid(65534).pw_name, "--python", str(hidden))
    refused(done, "不能运行", "--python")


def test_commands_use_the_services_environment_also_after_an_upgrade(tmp_path: Path) -> None:
    """Whoever forgets it gets other settings than the service, or another data folder, without a word."""
    file, data = tmp_path / "etc of the service", tmp_path / "data of the service"
    file.write_text(f'# ours\nPINGCHANG_DATA_DIR="{data}"\nVIEWING=$(id)\n', "utf-8")
    shown = "import os\nprint(os.environ['PINGCHANG_DATA_DIR'], os.environ['VIEWING'])\n"
    for version, options in (("1.2.3", ("--environment", str(file))), ("1.3.0", ())):
        unpacked = unpack(tmp_path, version)
        unpacked.edit("app/pingchang_geo/__main__.py", lambda _: shown)
        done = unpacked.install(*options)
        assert done.returncode == 0, done.stderr
        assert unpacked.run() == f"{data} $(id)"
    assert data.is_dir()
    assert not (unpacked.prefix / "var").exists()
    before = (unpacked.prefix / "current").readlink()
    newest = unpack(tmp_path, "1.4.0")
    asks = SETTINGS.replace('"viewing" in text.replace("# viewing", "")', '"VIEWING" in __import__("os").environ')
    assert "VIEWING" in asks
    newest.edit("app/pingchang_geo/settings.py", lambda _: asks)
    refused(newest.install(), "viewing 应为", str(file))
    file.write_text("PINGCHANG_DATA_DIR\n", "utf-8")
    refused(newest.install(), f"{file} 第 1 行", "未切换")
    assert (unpacked.prefix / "current").readlink() == before
    done = subprocess.run([unpacked.prefix / "pingchang-geo"], capture_output=True, text=True, check=False)
    refused(done, f"{file} 第 1 行")


def test_an_interrupted_installation_is_done_anew(tmp_path: Path) -> None:
    unpacked = unpack(tmp_path)
    assert unpacked.install().returncode == 0
    release = (unpacked.prefix / "current").resolve()
    (release / ".complete").unlink()
    shutil.rmtree(release / "venv" / "lib")
    assert unpacked.install().returncode == 0
    assert unpacked.run() == "tiny 1.0"


def test_settings_that_the_new_version_cannot_read_leave_the_old_one(tmp_path: Path) -> None:
    old, new = unpack(tmp_path), unpack(tmp_path, "2.0.0")
    assert old.install().returncode == 0
    before = (old.prefix / "current").readlink()
    (old.prefix / "settings.toml").write_text("viewing = 1\n", "utf-8")
    refused(new.install(), "viewing 应为", "原版本不受影响")
    assert (old.prefix / "current").readlink() == before


@pytest.mark.parametrize("name", ["app/app.py", "wheels/tiny-1.0-py3-none-any.whl", "BUNDLE"])
def test_a_changed_byte_is_found_before_anything_is_done(tmp_path: Path, name: str) -> None:
    unpacked = unpack(tmp_path)
    path = unpacked.folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    refused(unpacked.install(), "与 SHA256SUMS 不符", name, "重新拷贝")
    assert not unpacked.prefix.exists()


def test_missing_additional_and_unlisted_files_are_refused(tmp_path: Path) -> None:
    unpacked = unpack(tmp_path)
    extra = unpacked.folder / "wheels" / "tiny-9.9-py3-none-any.whl"
    extra.write_bytes(b"x")
    refused(unpacked.install(), "未列出", extra.name)
    extra.unlink()
    (unpacked.folder / "app" / "link").symlink_to("/etc/passwd")
    refused(unpacked.install(), "未列出")
    (unpacked.folder / "app" / "link").unlink()
    (unpacked.folder / "app" / "LICENSE").unlink()
    refused(unpacked.install(), "LICENSE")
    (unpacked.folder / "SHA256SUMS").write_text("", "utf-8")
    refused(unpacked.install(), "SHA256SUMS")
    assert not unpacked.prefix.exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (f"machine={MACHINE}", "machine=sparc64", ("sparc64", MACHINE)),
        ("glibc=2.5", "glibc=99.1", ("glibc 99.1", "升级操作系统")),
        ("python=3.11", "python=3.7", ("CPython 3.7", "cpython 3.11")),
    ],
)
def test_another_kind_of_server_is_refused(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    unpacked = unpack(tmp_path)
    unpacked.edit("BUNDLE", lambda text: text.replace(old, new))
    refused(unpacked.install(), *words)
    assert not unpacked.prefix.exists()


def test_a_python_that_is_none_is_refused(tmp_path: Path) -> None:
    refused(unpack(tmp_path).install("--python", "/bin/false"), "需要 64 位 CPython 3.11")


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--prefix", "opt"), "绝对路径"),
        (("--prefix", "/"), "根目录"),
        (("--data", 'a"b'), "绝对路径"),
        (("--data", '/a"b'), "引号"),
        (("--data",), "缺少内容"),
        (("--fast",), "不认识的选项"),
        (("--user", "nobody-of-that-name"), "useradd"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, options: tuple[str, ...], word: str) -> None:
    unpacked = unpack(tmp_path)
    refused(unpacked.install(*options), word)
    assert not unpacked.prefix.exists()


def test_a_failed_wheel_leaves_what_was_there(tmp_path: Path) -> None:
    old, new = unpack(tmp_path), unpack(tmp_path, "2.0.0")
    assert old.install().returncode == 0
    new.edit("app/constraints.txt", lambda _: "tiny==5.0\n")
    refused(new.install(), "依赖包安装失败", "原版本不受影响")
    assert old.run() == "tiny 1.0"


def backup(folder: Path, program: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bundle.ROOT / "deploy" / "backup.sh", folder, *more],
        env={**os.environ, "PINGCHANG_PROGRAM": str(program)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_daily_backups_keep_the_last_ones_and_nothing_goes_when_one_fails(tmp_path: Path) -> None:
    program, folder = tmp_path / "program", tmp_path / "b"
    program.write_text('#!/bin/sh\necho "$1"\n[ "$1" != backup ] || : > "$2"\n', "utf-8")
    program.chmod(0o755)
    assert "没有备份目录" in backup(folder, program).stderr
    folder.mkdir()
    kept = [f"pingchang-2024010{day}-020000.tar.gz" for day in range(1, 5)]
    for name in [*kept, "pingchang-mine.tar.gz"]:
        (folder / name).write_text("", "utf-8")
    done = backup(folder, program, "3")
    assert done.stdout.split() == ["backup", "prune"]
    left = sorted(path.name for path in folder.iterdir())
    assert left[:2] == kept[2:]
    assert left[-1] == "pingchang-mine.tar.gz"
    assert len(left) == 4
    program.write_text("#!/bin/sh\nexit 2\n", "utf-8")
    assert backup(folder, program, "1").returncode == 2
    assert sorted(path.name for path in folder.iterdir()) == left
    assert "份数" in backup(folder, program, "0").stderr
