"""SIGTERM to everything at once, as a service manager sends it, in the middle of a publish: nothing is cut in half."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pingchang_geo.access import operator
from pingchang_geo.settings import PROJECT_ROOT, Settings
from pingchang_geo.store import LocalStore, locks
from pingchang_geo.workflow import derive, start
from pingchang_geo.workflow.uploads import drafting
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts
from tests import factories
from tests.faults.publisher import LAYER
from tests.faults.whole import assert_whole

SAID = {"kind": "official", "source": "平昌县林业局", "as_of": "2024-12-31", "note": "年度更新"}
WHO = operator("张三")
SECONDS = 60
#: What a server says beside its log.
PRINTED = "printed.txt"


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture
def draft(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Draft:
    """An upload that waits to be published."""
    store = LocalStore(root)
    monkeypatch.setattr(start, "open_store", lambda: store)
    drafts = Drafts(root)
    packed = factories.zip_shapefile(
        factories.write_shapefile(factories.sample_forest(30), tmp_path / "shp"), tmp_path / "小班.zip"
    )
    with packed.open("rb") as stream:
        made = drafts.create([(packed.name, stream)], WHO, LAYER, 100)
    chosen = Settings(data_dir=root)
    asked = drafting.inspect_draft(drafts, made, store, chosen, lambda _: None)
    questions = (drafts.inspection(asked) or {})["issues"]
    confirmed = replace(asked, answers={one["code"]: "" for one in questions})
    done = drafting.inspect_draft(drafts, confirmed, store, chosen, lambda _: None)
    assert (drafts.inspection(done) or {})["decision"] in ("accept", "repair")
    drafts.save(done)
    return done


@pytest.fixture
def server(root: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The real one, on the test's folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "server.log"
    with log.open("wb") as output, (tmp_path / PRINTED).open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "pingchang_geo", "serve", "--address", "127.0.0.1", "--port", str(port)],
            cwd=PROJECT_ROOT,
            env={**os.environ, "PINGCHANG_DATA_DIR": str(root), "PINGCHANG_LOG_FORMAT": "json"},
            stdout=printed,
            stderr=output,
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                return json.loads(answer.read())["status"] in ("ok", "degraded")
        except OSError:
            return False

    until(answers, "the server did not start")
    yield process, log
    if process.poll() is None:
        process.kill()
        process.wait()


def events(log: Path) -> list[str]:
    return [json.loads(line)["event"] for line in log.read_text("utf-8").splitlines()]


def child_of(draft: Draft) -> int:
    """The process that works on the draft."""
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
        except OSError:
            continue
        if b"drafting" in command and draft.id.encode() in command:
            return int(process.parent.name)
    raise AssertionError("nobody works on the draft")


def test_a_publish_is_finished_first(root: Path, draft: Draft, server: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, log = server
    drafts, store = Drafts(root), LocalStore(root)
    before = store.snapshot().versions[LAYER]
    with locks.locked(root / locks.PUBLISH, alone=True):  # the publish has begun and cannot get to its end
        assert drafts.start(draft, "publish", Settings(data_dir=root), WHO, json.dumps(SAID))
        until(lambda: bool(drafts.progress(draft)), "the publish did not begin")
        child = child_of(draft)
        os.kill(child, signal.SIGTERM)
        process.terminate()
        until(lambda: "stop_waiting" in events(log), "the server did not wait")
        time.sleep(1)
        assert process.poll() is None
        assert drafts.working(draft)
        assert LocalStore(root).snapshot().versions[LAYER] == before
    assert process.wait(SECONDS) == -signal.SIGTERM
    told = events(log)
    assert told.index("stopping") < told.index("stop_waiting") < told.index("stop_waited") < told.index("stopped")
    assert "audit" in told[told.index("stop_waiting") :]  # the publish itself is in the log as well
    until(lambda: not drafts.working(draft), "the publish did not end")
    done = drafts.get(draft.id)
    assert done is not None and done.stage == "published"
    after = LocalStore(root)
    assert after.snapshot().versions[LAYER].name == done.published
    assert after.snapshot().versions[LAYER].parent == before.name
    derive.ensure(after, after.snapshot())
    assert_whole(root)


def test_an_idle_server_goes_at_once(root: Path, server: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, log = server
    process.terminate()
    assert process.wait(15) == -signal.SIGTERM
    assert {"started", "stopping", "stopped"} <= set(events(log))
    assert "stop_waiting" not in events(log)
    assert "prepare" in events(log), "from the first line on"
    words, link = log.with_name(PRINTED).read_text("utf-8").splitlines()  # the first administrator's link, and no more
    assert "一次性链接" in words
    assert "/account/invite/" in link
    assert not locks.taken(root / locks.SERVE)
    assert_whole(root)
