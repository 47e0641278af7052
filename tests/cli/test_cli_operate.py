"""The operator's commands: what they print, their exit codes, and what they refuse."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pingchang_geo.access import operator
from pingchang_geo.cli import operate
from pingchang_geo.cli.main import main
from pingchang_geo.settings import PROJECT_ROOT, settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start
from pingchang_geo.workflow.operations import prune
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames

#: A bad start must not hang; a good one loads the whole package.
SECONDS = 120


@pytest.fixture(autouse=True)
def _store(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    here = settings().model_copy(update={"data_dir": store.root})
    monkeypatch.setattr(start, "open_store", lambda: store)
    monkeypatch.setattr(operate, "settings", lambda: here)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_backup_verify_restore(store: LocalStore, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    file = tmp_path / "b.tar.gz"
    assert main(["backup", str(file)]) == 0
    words = said(capsys)
    assert "备份完成：b.tar.gz" in words
    assert f"{len(store.snapshot().versions)} 个版本" in words
    assert main(["backup", str(file)]) == 2
    assert "已存在" in said(capsys)
    assert main(["backup", "--force", str(file)]) == 0
    assert main(["backup", "--verify", str(file)]) == 0
    assert "备份文件完好" in said(capsys)
    assert main(["restore", str(file)]) == 2
    assert "不是空的" in said(capsys)
    assert main(["restore", "--replace", str(file)]) == 0
    words = said(capsys)
    assert "已恢复" in words and "replaced-" in words and "会话与一次性链接已失效" in words
    assert str(tmp_path) not in words
    elsewhere = settings().model_copy(update={"data_dir": tmp_path / "new"})
    monkeypatch.setattr(operate, "settings", lambda: elsewhere)
    assert main(["restore", str(file)]) == 0
    assert "replaced-" not in said(capsys)
    file.write_bytes(file.read_bytes()[:-5000])
    assert main(["backup", "--verify", str(file)]) == 2
    assert "换用另一份备份" in said(capsys)


def test_prune(store: LocalStore, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for volume in (61, 62):
        publish(
            store,
            "forest",
            layer_frames.forest(volume=volume),
            provenance=layer_frames.OFFICIAL,
            actor=operator("张三"),
            note="",
            base=current_base(store, "forest"),
        )
    assert main(["prune", "--keep", "1"]) == 0
    assert "已清理 0 个版本" in said(capsys)  # young ones stay
    monkeypatch.setattr(prune, "superseded", lambda present, current, keep, _: list(present[keep:]))
    assert main(["prune", "--keep", "2", "--dry-run"]) == 0
    words = said(capsys)
    assert "森林小班 1-" in words and "将清理 1 个版本" in words
    assert len(list((store.root / "versions" / "forest").iterdir())) == 3
    assert main(["prune", "--keep", "2"]) == 0
    assert "已清理 1 个版本" in said(capsys)
    assert len(list((store.root / "versions" / "forest").iterdir())) == 2
    for wrong in ("0", "-1", "x"):
        with pytest.raises(SystemExit, match="2"):
            main(["prune", "--keep", wrong])


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "８５０１"])
def test_ports_that_are_none(port: str, capsys: Any) -> None:
    if port == "８５０１":  # full-width digits are digits to Python as well as to an analyst
        assert operate._port(port) == 8501
        return
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--port", port])
    assert "1–65535" in said(capsys) or "expected one argument" in said(capsys)


def test_the_server_is_told_where_to_listen(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(operate.readiness, "require_ready", lambda _: None)
    monkeypatch.setattr(operate.readiness, "require_port", lambda *_: None)
    monkeypatch.setattr(start, "prepare", lambda *_: None)

    def become(_: str, arguments: list[str]) -> None:
        ran.append(arguments)
        raise SystemExit(0)  # nothing comes after it

    def serve(*arguments: str) -> None:
        with pytest.raises(SystemExit, match="0"):
            main(["serve", *arguments])

    monkeypatch.setattr(os, "execv", become)
    monkeypatch.setattr(os, "chdir", lambda _: None)
    public = settings().model_copy(update={"public_url": "https://gis.example/pc"})
    serve("--port", "9000", "--address", "127.0.0.1")
    assert "http://127.0.0.1:9000" in said(capsys)
    serve("--base-path", "/shengtai/")
    assert "http://localhost:8501/shengtai" in said(capsys)
    monkeypatch.setattr(operate, "settings", lambda: public)
    serve()
    assert "https://gis.example/pc" in said(capsys)
    options = [dict(o.split("=", 1) for o in arguments if o.startswith("--")) for arguments in ran]
    assert [(o["--server.port"], o["--server.address"], o["--server.baseUrlPath"]) for o in options] == [
        ("9000", "127.0.0.1", ""),
        ("8501", "0.0.0.0", "shengtai"),
        ("8501", "0.0.0.0", "pc"),
    ]
    assert all(arguments[0] == sys.executable for arguments in ran)
    assert all(o["--server.headless"] == o["--logger.hideWelcomeMessage"] == "true" for o in options)


# -- bad starts of the real thing


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(way: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    port = str(free_port())
    commands = {
        "serve": ["-m", "pingchang_geo", "serve", "--address", "127.0.0.1", "--port", port],
        "streamlit": [
            *("-m", "streamlit", "run", "app.py", "--server.headless=true"),
            *("--server.address=127.0.0.1", f"--server.port={port}"),
        ],
    }
    return subprocess.run(
        [sys.executable, *commands[way]],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PINGCHANG_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def damaged(folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / name).write_bytes(os.urandom(8192))


@pytest.mark.parametrize("way", ["serve", "streamlit"])
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("catalogue", "目录库无法读写：文件已损坏"),
        ("accounts", "账户库"),
        ("assets", "请先运行 make setup"),
        ("reference", "缺少参考图层"),
        ("setting", "max_upload_mb 应为整数"),
        ("unknown", "没有名为"),
        ("folder", "数据目录无法写入"),
    ],
)
def test_bad_starts_are_one_sentence(way: str, trouble: str, words: str, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    environment = {}
    if trouble in ("catalogue", "accounts"):
        damaged(folder, f"{trouble}.sqlite")
    elif trouble == "folder":
        folder.write_text("")
    else:
        environment = {
            "assets": {"PINGCHANG_WEB_DIR": str(tmp_path)},
            "reference": {"PINGCHANG_REFERENCE_DIR": str(tmp_path)},
            "setting": {"PINGCHANG_MAX_UPLOAD_MB": "x"},
            "unknown": {"PINGCHANG_MAX_UPLOADS_MB": "5"},
        }[trouble]
    done = started(way, folder, **environment)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    sentences = [line for line in done.stderr.splitlines() if line.startswith("错误：")]
    assert len(sentences) == 1
    assert words in sentences[0]
    assert str(tmp_path) not in done.stderr


@pytest.mark.parametrize(
    "trouble", [{"PINGCHANG_MAX_UPLOAD_MB": "x"}, {"PINGCHANG_REFERENCE_DIR": "/nowhere"}], ids=["setting", "reference"]
)
def test_a_log_of_objects_holds_the_refusal_too(trouble: dict[str, str], tmp_path: Path) -> None:
    done = started("serve", tmp_path / "bad", PINGCHANG_LOG_FORMAT="json", **trouble)
    assert done.returncode == 2
    (*before, last) = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert {line["event"] for line in before} <= {"prepare"}
    assert (last["event"], last["level"]) == ("start_refused", "error")


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "pingchang_geo", "serve", "--address", "127.0.0.1", "--port", str(port)],
            cwd=PROJECT_ROOT,
            env={**os.environ, "PINGCHANG_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"错误：端口 {port} 已被占用。 请用 --port 换一个端口")
    assert done.stderr.count("\n") == 1
