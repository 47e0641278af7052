"""Fifty readers at once: every one filters again and again and pans the map, for a minute."""

from __future__ import annotations

import asyncio
import math
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from itertools import product
from json import dumps, loads
from urllib.parse import quote

import httpx2
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from benchmarks.data import Dataset
from benchmarks.figures import Figure, Result, at_most
from benchmarks.machine import resident_mb
from benchmarks.servers import Server
from benchmarks.sessions import drawn, rerun
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.store import LocalStore

READERS = 50
#: Seconds between two actions of a reader: one looks at a map before changing it.
_THINKS = (5.0, 15.0)
#: Tiles that a window of 1366 × 768 asks for when it is panned by half.
_TILES_A_PAN = 8
_WEST, _SOUTH, _EAST, _NORTH = 106.9, 31.3, 107.5, 31.8
#: Up to 13 tiles lie ready, beyond they are drawn when asked for.
_ZOOMS = (9, 10, 11, 12, 13, 14, 15)
_SPECIES = ("柏木", "马尾松", "杉木", "栎类")
_FILTERS = ("", *(f"species={quote(name)}" for name in _SPECIES), "volume_m3_ha=50~120")


Act = Callable[[], Awaitable[None]]


@dataclass
class Seen:
    """What the readers measured, in seconds, and what went wrong."""

    reruns: list[float] = field(default_factory=list)
    tiles: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def load_result(server: Server, data: Dataset, seconds: float, readers: int = READERS) -> Result:
    """Open the sessions, let them work, and see what each costs.

    The readers are processes of their own, one for pages and one for tiles: they share the two cores with the server,
    but no interpreter, so that reading the one's answers does not count as waiting for the other's.
    """
    version = LocalStore(data.data_dir).snapshot().versions["forest"].name
    # One session first: what all share (columns, figures of a filter) is made and is not counted as a session's.
    _readers(server, version, 1, 20.0)
    before = resident_mb(server.pid)
    seen = _readers(server, version, readers, seconds)
    growth = (float(seen.errors.pop(0).removeprefix("held=")) - before) / readers
    return Result(
        "load",
        f"{readers} readers at once",
        f"{readers} sessions of a WebSocket client that speaks Streamlit's protocol, all on the forest page; for "
        f"{seconds:.0f} s each changes the filter or pans the map every {_THINKS[0]:g}–{_THINKS[1]:g} s (evenly "
        f"spread, half and half); a pan asks for {_TILES_A_PAN} tiles at once, zooms {_ZOOMS[0]}–{_ZOOMS[-1]}, over "
        "connections kept open. Clients (a process for pages, one for tiles) and server share the machine's cores. "
        "Rerun: from the message sent to the "
        "script's end. Memory: growth of the server's anonymous resident memory with all sessions open, a session.",
        (
            Figure("rerun", "s", tuple(seen.reruns)),
            Figure("tile", "ms", tuple(1000 * took for took in seen.tiles)),
            Figure("memory a session", "MB", (growth,)),
        ),
        (
            at_most("rerun, 95 % within", percentile(seen.reruns, 95), 1.5, "s"),
            at_most("tile, 95 % within", 1000 * percentile(seen.tiles, 95), 50, "ms"),
            at_most("errors", len(seen.errors), 0),
            at_most("memory a session", growth, 10, "MB"),
        ),
        tuple(seen.errors[:3]),
    )


def percentile(values: list[float], share: float) -> float:
    """The smallest value that ``share`` percent of all do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def _readers(server: Server, version: str, count: int, seconds: float) -> Seen:
    command = [sys.executable, "-m", "benchmarks.load", server.url, str(server.pid), version, str(count), str(seconds)]
    pages = subprocess.Popen([*command, "pages"], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert pages.stdout is not None
    pages.stdout.readline()  # all sessions are open
    try:
        tiles = subprocess.run([*command, "tiles"], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, check=True)
        said, _ = pages.communicate(timeout=seconds + 120)
    finally:
        pages.kill()
        pages.wait()
    if pages.returncode:
        raise RuntimeError("the readers of pages have failed")
    seen, shown = Seen(**loads(said)), Seen(**loads(tiles.stdout))
    return Seen(seen.reruns, shown.tiles, seen.errors + shown.errors)


async def panning(url: str, version: str, count: int, seconds: float) -> Seen:
    """The readers' tiles."""
    seen = Seen()
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=httpx2.Limits(max_connections=None)) as client:
        end = time.perf_counter() + seconds

        def pan(chance: random.Random) -> Act:
            async def act() -> None:
                paths = _pan(chance, version)
                seen.tiles += await asyncio.gather(*(_tile(client, path) for path in paths))

            return act

        chances = [random.Random(f"tiles {n}") for n in range(count)]
        await asyncio.gather(*(_reads(chance, seen, end, pan(chance)) for chance in chances))
    return seen


async def filtering(url: str, pid: int, count: int, seconds: float) -> Seen:
    """The readers' pages, from the first connection to the last answer; the memory held then is the first ``error``."""
    seen, opened = Seen(), []
    try:
        for _ in range(count):
            opened.append(await _connected(url))
            await _run(opened[-1], "")
            await _quiet(opened[-1])
        print("open", flush=True)
        end = time.perf_counter() + seconds

        def refilter(chance: random.Random, socket: ClientConnection) -> Act:
            turn = chance.randrange(len(_FILTERS))

            async def act() -> None:
                nonlocal turn
                turn = (turn + chance.randrange(1, len(_FILTERS))) % len(_FILTERS)
                seen.reruns.append(await _run(socket, _FILTERS[turn]))

            return act

        chances = [random.Random(f"pages {n}") for n in range(count)]
        acts = [refilter(chance, socket) for chance, socket in zip(chances, opened, strict=True)]
        await asyncio.gather(*(_reads(chance, seen, end, act) for chance, act in zip(chances, acts, strict=True)))
        seen.errors.insert(0, f"held={resident_mb(pid)}")
    finally:
        for socket in opened:
            await socket.close()
    return seen


async def _reads(chance: random.Random, seen: Seen, end: float, act: Act) -> None:
    # The first action comes at a random moment, as if they had all been at it for long.
    await asyncio.sleep(chance.uniform(0, _THINKS[1]))
    while time.perf_counter() < end:
        if chance.random() < 0.5:  # the other half of what a reader does is the other process's
            try:
                await act()
            except Exception as error:  # whatever it is, it is counted and shown
                seen.errors.append(f"{type(error).__name__}: {error}"[:200])
        await asyncio.sleep(chance.uniform(*_THINKS))


async def _connected(url: str) -> ClientConnection:
    address = f"{url.replace('http', 'ws')}/_stcore/stream"
    return await connect(address, origin=Origin(url), subprotocols=["streamlit"], max_size=None, ping_interval=None)  # type: ignore[list-item]


async def _run(socket: ClientConnection, query: str) -> float:
    """One run of the forest page; seconds."""
    start = time.perf_counter()
    await socket.send(rerun("forest", query).SerializeToString())
    answered = bool(query)
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(await asyncio.wait_for(socket.recv(), 60)))  # type: ignore[arg-type]
        kind = answer.WhichOneof("type")
        element = answer.delta.new_element if kind == "delta" else None
        if element is not None and element.HasField("exception"):
            raise RuntimeError(element.exception.message)
        if element is not None and element.HasField("component_instance") and not answered:
            answered = True
            await socket.send(drawn("forest", query, element.component_instance.id).SerializeToString())
        if kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return time.perf_counter() - start


async def _quiet(socket: ClientConnection) -> None:
    """Take what still comes: the map's first message has the page run once more."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 0.5)
    except TimeoutError:
        return


async def _tile(client: httpx2.AsyncClient, path: str) -> float:
    start = time.perf_counter()
    answer = await client.get(path)
    if answer.status_code not in {200, 204}:
        raise RuntimeError(f"{answer.status_code} {path}")
    return time.perf_counter() - start


def _pan(own: random.Random, version: str) -> list[str]:
    """Addresses of a block of tiles somewhere in the county."""
    zoom = own.choice(_ZOOMS)
    x, y = _tile_of(own.uniform(_WEST, _EAST), own.uniform(_SOUTH, _NORTH), zoom)
    block = product(range(4), range(_TILES_A_PAN // 4))
    return [f"/tiles/forest/{version}/{zoom}/{x + dx}/{y + dy}" for dx, dy in block]


def _tile_of(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile of a place (degrees) in the usual scheme of the web."""
    across = (longitude + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return int(across * 2**zoom), int(down * 2**zoom)


if __name__ == "__main__":
    _, _url, _pid, _version, _count, _seconds, _what = sys.argv
    if _what == "pages":
        _seen = asyncio.run(filtering(_url, int(_pid), int(_count), float(_seconds)))
    else:
        _seen = asyncio.run(panning(_url, _version, int(_count), float(_seconds)))
    print(dumps(asdict(_seen)))
