"""``python -m benchmarks [--quick] [--only NAME]``: everything side by side in one run."""

from __future__ import annotations

import argparse
import fcntl
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from benchmarks import briefing, carbon, cold, compute, interaction, load, machine, report, site, upload, upload_server
from benchmarks.browser import chromium
from benchmarks.data import FOLDER, Dataset, dataset, peer_plots
from benchmarks.figures import Result
from benchmarks.servers import serving
from benchmarks.sessions import sessions
from pingchang_geo.settings import PROJECT_ROOT

NAMES = ("tiles", "join", "carbon", "site", "upload", "briefing", "cold", "filter", "map", "sessions", "load")


@dataclass(frozen=True)
class Size:
    """How much to measure."""

    plots: int
    many_plots: int
    peer_small: int
    peer_large: int
    compute_rounds: int
    sites: int
    upload_plots: int
    upload_rounds: int
    briefing_plots: int
    briefing_rounds: int
    cold_rounds: int
    peer_rounds: int
    filter_rounds: int
    pan_rounds: int
    session_batches: int
    load_seconds: float


FULL = Size(100_000, 1_000_000, 5_000, 20_000, 3, 25, 120_000, 3, 24_000, 3, 7, 3, 9, 3, 5, 60)
QUICK = Size(5_000, 20_000, 500, 1_000, 1, 5, 5_000, 1, 5_000, 1, 1, 1, 3, 1, 1, 20)


def main(arguments: list[str]) -> int:
    """Run, print, and after a full run write docs/performance.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers: only to see that the harness works")
    parser.add_argument("--only", choices=NAMES, action="append", help="one benchmark (may be given several times)")
    chosen = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        # Two runs at once would measure each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        measure(chosen)
    return 0


def measure(chosen: argparse.Namespace) -> None:
    """Run what the command line asks for, print it and write it down."""
    size = QUICK if chosen.quick else FULL
    wanted = tuple(chosen.only or NAMES)
    say(f"data with {size.plots:,} plots" + (f" and {size.many_plots:,}" if "cold" in wanted else ""))
    data = dataset(size.plots)
    many = dataset(size.many_plots) if "cold" in wanted else None
    begun, load_before = time.monotonic(), machine.load()
    results, browser_version = run(size, wanted, data, many)
    setting = report.Setting(
        date=date.today().isoformat(),
        machine=machine.describe(),
        versions=machine.versions(browser_version),
        load_before=load_before,
        load_after=machine.load(),
        minutes=(time.monotonic() - begun) / 60,
        plots=size.plots,
        many_plots=size.many_plots,
    )
    text = report.render(setting, results)
    whole = not chosen.quick and not chosen.only
    target = PROJECT_ROOT / "docs" / "performance.md" if whole else FOLDER / "performance.md"
    target.write_text(text, encoding="utf-8")
    print(text)
    say(f"written: {target.relative_to(PROJECT_ROOT)}")


def run(size: Size, wanted: tuple[str, ...], data: Dataset, many: Dataset | None) -> tuple[list[Result], str]:
    """Measure what is wanted: computing first, alone on the machine, then the pages."""
    results = computed(size, wanted, data)
    if not set(wanted) & {"briefing", "cold", "filter", "map", "sessions", "load"}:
        return results, "not used"
    with ExitStack() as stack:
        app = stack.enter_context(serving("app.py", data.environment))
        browser = stack.enter_context(chromium())
        if many is not None:
            say("cold navigation")
            with (
                serving("app.py", many.environment) as big,
                serving("benchmarks/peers/app.py", _peer_environment(data, size)) as peers,
            ):
                sizes = {name: getattr(size, name) for name in ("plots", "many_plots", "peer_small", "peer_large")}
                urls = {"app": app.url, "many": big.url, "peers": peers.url}
                pages = cold.variants(urls, sizes, size.cold_rounds, size.peer_rounds)
                results += cold.cold(browser, pages)
        if "briefing" in wanted:
            say("a briefing from scene to scene")
            results.append(briefing.next_scene(browser, app.url, size.plots, size.briefing_rounds))
        if "filter" in wanted:
            say("filter")
            results.append(interaction.filters(browser, app.url, size.filter_rounds))
        if "map" in wanted:
            say("panning and heap")
            results.append(interaction.panning(browser, app.url, size.pan_rounds))
        if "sessions" in wanted:
            say("sessions")
            results.append(sessions(app, size.session_batches))
        if "load" in wanted:
            say("fifty readers at once")
            results.append(load.load_result(app, data, size.load_seconds))
        return results, browser.version


def computed(size: Size, wanted: tuple[str, ...], data: Dataset) -> list[Result]:
    """What needs no browser."""
    results: list[Result] = []
    if "tiles" in wanted:
        say("id tiles")
        results.append(compute.tiles(data, size.compute_rounds))
    if "join" in wanted:
        say("area-weighted join")
        results.append(compute.join(data, size.compute_rounds))
    if "carbon" in wanted:
        say("carbon, ready joins, Monte Carlo, the other engine")
        results += carbon.carbon_results(data, size.compute_rounds)
    if "site" in wanted:
        say("site check")
        results.append(site.site_result(data, size.sites))
    if "upload" in wanted:
        say("uploads")
        uploads = dataset(size.upload_plots)
        results += upload.upload_results(uploads, size.upload_rounds)
        results.append(upload_server.server_result(uploads))
    if "briefing" in wanted:
        say("a briefing as one file")
        results.append(briefing.one_file(data, dataset(size.briefing_plots), size.briefing_rounds))
        say("a briefing as maps, slides and handout")
        results.append(briefing.on_paper(data, size.briefing_rounds))
    return results


def _peer_environment(data: Dataset, size: Size) -> dict[str, str]:
    return {**data.environment, "PINGCHANG_BENCH_PLOTS": str(peer_plots(data, size.peer_large))}


def say(text: str) -> None:
    """Progress."""
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
