"""What a further session costs the server."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from urllib.parse import quote

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks.figures import Figure, Result, at_most
from benchmarks.machine import resident_mb
from benchmarks.servers import Server
from pingchang_geo.ui.first_paint import SIGNAL

_BATCH = 5
#: What each session looks at: the page as it opens, then under a filter, then in another theme.
_VIEWS = ("", f"species={quote('柏木')}", "theme=species")
#: What the map's component sends when it is drawn.
_DRAWN = json.dumps(
    {"last_active_drawing": {"type": "Feature", "id": SIGNAL, "properties": {"n": 1}, "geometry": None}}
)


def sessions(server: Server, batches: int) -> Result:
    """Open sessions that stay; the growth of the server's memory by batch."""
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    growth: list[float] = []
    runs: list[float] = []

    def add(count: int) -> None:
        for _ in range(count):
            socket = stay.enter_context(_connected(address))
            for view in _VIEWS:
                took = _run(socket, "forest", view)
                if view:  # the first run may wait for the map
                    runs.append(took)

    with ExitStack() as stay:
        add(_BATCH)  # warms caches that all sessions share
        runs.clear()
        before = first = resident_mb(server.pid)
        for _ in range(batches):
            add(_BATCH)
            after = resident_mb(server.pid)
            growth.append((after - before) / _BATCH)
            before = after
    mean = (before - first) / (_BATCH * batches)
    return Result(
        "sessions",
        "Server memory a session",
        f"{_BATCH * batches} sessions, opened one after another by a WebSocket client that speaks Streamlit's "
        "protocol and kept open; each runs the forest page as it opens, under a filter and in another theme. Growth "
        f"of the server's anonymous resident memory (RssAnon) by batches of {_BATCH}, after {_BATCH} sessions that "
        "warm what all share. A browser adds nothing to a session's memory but its uploads, of which there are none "
        "here.",
        (
            Figure("growth a session, by batch", "MB", tuple(growth)),
            Figure("mean growth a session", "MB", (mean,), f"{first:.0f} → {before:.0f} MB"),
            Figure("server run of the page, script start → end", "s", tuple(runs), "as the client sees it"),
        ),
        (at_most("mean growth a session", mean, 10, "MB"),),
    )


def _run(socket: ClientConnection, page: str, query: str) -> float:
    """One run of a page; returns its duration in seconds.

    Like a browser the client answers the map once by its first message: everything is drawn.
    """
    start = time.perf_counter()
    socket.send(rerun(page, query).SerializeToString())
    answered = bool(query)
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(socket.recv(60)))  # type: ignore[arg-type]
        kind = answer.WhichOneof("type")
        element = answer.delta.new_element if kind == "delta" else None
        if element is not None and element.HasField("exception"):
            raise RuntimeError(element.exception.message)
        if element is not None and element.HasField("component_instance") and not answered:
            answered = True
            socket.send(drawn(page, query, element.component_instance.id).SerializeToString())
        if kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return time.perf_counter() - start


def _connected(address: str) -> ClientConnection:
    own = Origin(address.replace("ws", "http", 1).removesuffix("/_stcore/stream"))
    return connect(address, origin=own, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]


def rerun(page: str, query: str) -> BackMsg:
    """What a browser sends to have a page run under an address."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = query
    return message


def drawn(page: str, query: str, component: str) -> BackMsg:
    """The same with the map's first message: everything is drawn."""
    message = rerun(page, query)
    state = message.rerun_script.widget_states.widgets.add()
    state.id, state.json_value = component, _DRAWN
    return message
