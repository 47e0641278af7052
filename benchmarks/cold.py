"""Cold navigation → drawn, for the forest page, an empty map and the peers, in turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Browser

from benchmarks.browser import SETTLED_S, Visit, visiting
from benchmarks.figures import Figure, Result, at_most, compared, ratio

_FOREST = "/forest"
_PATIENCE_S = 240.0


@dataclass(frozen=True)
class Variant:
    """A page to be opened; ``drawn`` waits and gives the moment (ms since 1970) when everything was drawn."""

    key: str
    label: str
    url: str
    drawn: Callable[[Visit], float]
    rounds: int
    want: dict[str, int] | None = None
    quantity: str = "drawn"


def map_drawn(visit: Visit) -> float:
    """Our map: the last ``pingchang:drawn`` after which it stayed complete and silent."""

    def settled() -> float | None:
        found = visit.ask("[window.__bench.drawn.at(-1), window.pingchang && window.pingchang.stats().drawn]")
        if not found or not found[0] or not found[1]:
            return None
        return float(found[0]) if visit.now_ms() - found[0] > SETTLED_S * 1000 else None

    return float(visit.wait(settled, _PATIENCE_S, "the map was not drawn"))


def svg_drawn(visit: Visit) -> float:
    """A Leaflet map whose container has its height and which holds as many paths as wanted."""
    return float(visit.wait(lambda: visit.ask("window.__bench.shown"), _PATIENCE_S, "the paths were not there"))


def webgl_drawn(visit: Visit) -> float:
    """deck.gl: the first draw call that holds at least three corners a polygon."""

    def first() -> float | None:
        calls = visit.ask("window.__bench.gl", top=True)
        return float(calls[0][0]) if calls else None

    return float(visit.wait(first, _PATIENCE_S, "WebGL drew nothing"))


def variants(urls: Mapping[str, str], sizes: Mapping[str, int], rounds: int, peer_rounds: int) -> list[Variant]:
    """All pages. ``urls``: app, many, peers; ``sizes``: plots, many_plots, peer_small, peer_large."""
    app, big, peers = (urls[name] for name in ("app", "many", "peers"))
    small, large = sizes["peer_small"], sizes["peer_large"]
    return [
        Variant("empty", "empty st_folium map", f"{peers}/?page=empty", svg_drawn, rounds, {"paths": 0}),
        Variant("ours", f"森林碳汇, {sizes['plots']:,} plots", app + _FOREST, map_drawn, rounds),
        Variant("many", f"森林碳汇, {sizes['many_plots']:,} plots", big + _FOREST, map_drawn, rounds),
        *(
            Variant(
                f"folium{n}",
                f"folium.GeoJson, {n:,} plots",
                f"{peers}/?page=folium&n={n}",
                svg_drawn,
                peer_rounds,
                {"paths": n},
            )
            for n in (small, large)
        ),
        Variant(
            f"pydeck{large}",
            f"pydeck GeoJsonLayer, {large:,} plots",
            f"{peers}/?page=pydeck&n={large}",
            webgl_drawn,
            peer_rounds,
            {"corners": 3 * large},
        ),
    ]


def cold(browser: Browser, pages: list[Variant]) -> list[Result]:
    """Open every variant in turn, as often as it wants; the first visit of each warms the server and is not counted."""
    seconds: dict[str, list[float]] = defaultdict(list)
    heaps: dict[str, list[float]] = defaultdict(list)
    outside: dict[str, set[str]] = defaultdict(set)
    for turn in range(max(page.rounds for page in pages) + 1):
        for page in pages:
            if turn > page.rounds:
                continue
            with visiting(browser, page.url, page.want) as visit:
                took = (page.drawn(visit) - visit.started_ms()) / 1000
                print(f"  {page.label}: {took:.2f} s" + (" (warm-up)" if turn == 0 else ""), flush=True)
                outside[page.key] |= visit.outside
                if turn > 0:
                    seconds[page.key].append(took)
                    heaps[page.key].append(visit.heap_mb())
    return _results(pages, seconds, heaps, outside)


def _results(
    pages: list[Variant],
    seconds: dict[str, list[float]],
    heaps: dict[str, list[float]],
    outside: dict[str, set[str]],
) -> list[Result]:
    times = {p.key: Figure(f"{p.label}: drawn", "s", tuple(seconds[p.key])) for p in pages}
    memory = {
        p.key: Figure(f"{p.label}: heap of page and map", "MB", tuple(heaps[p.key]), "after garbage collection")
        for p in pages
    }
    to_empty, to_many = ratio(times["ours"], times["empty"]), ratio(times["many"], times["ours"])
    remarks = [
        f"{p.label} asked other hosts ({', '.join(sorted(outside[p.key]))}); they do not resolve here."
        for p in pages
        if outside[p.key]
    ]
    ours = next(p.label for p in pages if p.key == "ours")
    peers = [p.key for p in pages if p.key not in {"ours", "many", "empty"}]
    return [
        Result(
            "cold",
            "Cold navigation",
            _METHOD,
            tuple(f for key in ("ours", "empty", "many") for f in (times[key], memory[key])),
            (
                at_most("forest page ÷ page with an empty st_folium map", to_empty, 1.5, "×"),
                at_most("forest page with the many plots ÷ with the fewer", to_many, 2, "×"),
            ),
            tuple(remarks),
        ),
        Result(
            "cold",
            "Peers",
            _PEERS,
            tuple(f for key in peers for f in (times[key], memory[key])),
            tuple(
                compared(f"{p.label} ÷ {ours}", ratio(times[p.key], times["ours"]), "×")
                for p in pages
                if p.key in peers
            ),
        ),
    ]


_METHOD = (
    "From the start of the navigation (a new browser context: nothing cached; the server has served the page once "
    "before) to the painted frame after the map's last `pingchang:drawn`, that is, when every tile in view is "
    "painted with its colours and the map stays silent for a second. The forest page is the real one: figures, "
    "charts, table and all. The empty map is a Streamlit page with a title and an `st_folium` map without content, "
    "with Leaflet from the same server (stock folium would wait for hosts that are not reachable); it counts as "
    "drawn with the painted frame after its container has a height. Window 1366 × 768."
)
_PEERS = (
    "The same navigation on pages written as the libraries' manuals show, with a random part of the same plots "
    "coloured by species and with a tooltip. folium.GeoJson: drawn when the map holds a path a plot. pydeck: the "
    "first WebGL draw call with three corners a plot or more; no base map, so that no network takes part; WebGL is "
    "emulated on the processor, which a graphics card would do faster. Heap: page and map together "
    "(`Runtime.getHeapUsage`, live objects and typed arrays after garbage collection), because pydeck has no frame "
    "of its own."
)
