"""One log, one form: what an event may say, what never gets in, and the libraries' lines in the same clothes."""

from __future__ import annotations

import io
import json
import logging
import re
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pingchang_geo
from pingchang_geo import journal


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; afterwards everything is as before."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    levels = {name: logging.getLogger(name).level for name in ("pingchang_geo", *journal._TALKATIVE)}
    yield io.StringIO()
    logging.captureWarnings(False)
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line(stream: io.StringIO) -> None:
    journal.configure("json", stream)
    journal.event("request", "慢\n请求", user="张三", route="tile", status=200, ms=12, version=None)
    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line.pop("time")))
    assert line == {
        **{"level": "info", "event": "request", "message": "慢\n请求"},
        **{"user": "张三", "route": "tile", "status": 200, "ms": 12},
    }
    assert journal.form() == "json"


def test_the_list_of_fields_is_closed() -> None:
    with pytest.raises(ValueError, match="address, query"):
        journal.event("request", query="q", address="1.2.3.4")


def test_text_is_for_the_eye_and_cannot_be_forged(stream: io.StringIO) -> None:
    journal.configure("text", stream)
    journal.event("audit", "完成", user="张三\n2026-01-01T00:00:00.000Z INFO forged", action="publish")
    (line,) = stream.getvalue().splitlines()
    assert " INFO audit user=张三\\n2026" in line
    assert line.endswith("action=publish 完成")
    assert journal.form() == "text"


def test_lines_of_the_server_take_the_same_form(stream: io.StringIO) -> None:
    """Their own handlers go: nothing is said twice, nothing in another form."""
    other = io.StringIO()
    server = logging.getLogger("uvicorn.test_journal")
    server.addHandler(logging.StreamHandler(other))
    server.propagate = False
    server.setLevel(logging.INFO)
    journal.configure("json", stream)
    server.info("Started")
    server.info('%s - "WebSocket %s" [accepted]', "10.0.0.9:5000", "/_stcore/stream?token=abc")
    server.info("connection open")
    server.error('%s - "WebSocket %s" broken', ("10.0.0.9", 5000), "/_stcore/stream?token=abc")
    assert other.getvalue() == ""
    started, broken = lines(stream)
    assert (started["event"], started["logger"], started["message"]) == ("log", "uvicorn.test_journal", "Started")
    assert broken["message"] == '… - "WebSocket /_stcore/stream?…" broken'


def test_what_libraries_attach_stays_out(stream: io.StringIO) -> None:
    journal.configure("json", stream)
    logging.getLogger("somebody").warning({"password": "secret"}, extra={"cookie": "secret"})
    assert "secret" not in json.dumps({k: v for k, v in lines(stream)[0].items() if k != "message"})


def test_warnings_and_errors_are_lines_too(stream: io.StringIO) -> None:
    journal.configure("json", stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old", UserWarning, stacklevel=1)
    try:
        raise RuntimeError("https://idp/callback?code=abc&state=def")
    except RuntimeError:
        logging.getLogger("pingchang_geo.x").exception("failed")
    warned, failed = lines(stream)
    assert warned["logger"] == "py.warnings"
    assert "RuntimeError: https://idp/callback?…" in str(failed["exception"])
    assert "abc" not in json.dumps(failed)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET /account/invite/AbC_-123 200", "GET /account/invite/… 200"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("pingchang_session=abcdef; path=/", "pingchang_session=…; path=/"),
        ("/x?a=1&b=2 done", "/x?… done"),
        ("10.1.2.3:4567 - closed", "… - closed"),
        ("('::ffff:10.1.2.3', 80) gone", "('::ffff:10.1.2.3', 80) gone"),
        ("12:30:15 at 1.5 ha", "12:30:15 at 1.5 ha"),
    ],
)
def test_cleaned(said: str, kept: str) -> None:
    if "ffff" in said:
        assert "10.1.2.3" not in journal.cleaned(said)
    else:
        assert journal.cleaned(said) == kept


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\"'<>"), min_size=1).filter(
        lambda t: not re.search(r"\s", t)
    )
)
def test_no_query_survives(query: str) -> None:
    assert journal.cleaned(f"GET /page?{query}") == "GET /page?…"


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert pingchang_geo.__version__ == project["project"]["version"]
