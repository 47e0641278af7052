"""Reference layers of any size, built and published once under ``build/bench``."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from pingchang_geo import crs
from pingchang_geo.layers import palette
from pingchang_geo.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "build" / "bench"
_PACKAGE = PROJECT_ROOT / "pingchang_geo"
#: Code that cannot change what is published or derived.
_DISPLAY = ("ui", "web", "cli", "charts", "exports", "maps", "prints", "documents", "site", "boundary", "reference")


@dataclass(frozen=True)
class Dataset:
    """Reference layers and the data folder they were published into."""

    plots: int
    reference_dir: Path
    data_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a server on this data."""
        return {
            **os.environ,
            "PINGCHANG_REFERENCE_DIR": str(self.reference_dir),
            "PINGCHANG_DATA_DIR": str(self.data_dir),
        }

    def forest(self) -> gpd.GeoDataFrame:
        """The forest plots as built, EPSG:4490."""
        return gpd.read_parquet(next(self.reference_dir.glob("forest*.parquet")))


def dataset(plots: int) -> Dataset:
    """Data with about this many plots; minutes the first time for a million, nothing afterwards."""
    built = _built(plots)
    data_dir = FOLDER / f"data-{plots}-{_hash(_publishing_sources())}-{built.name.rpartition('-')[2]}"
    found = Dataset(plots, built, data_dir)
    # prepare is idempotent: after an interrupted run it goes on where it stopped
    done = subprocess.run(
        [sys.executable, "-m", "pingchang_geo", "prepare"],
        cwd=PROJECT_ROOT,
        env=found.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"publishing {plots} plots failed:\n{done.stdout}\n{done.stderr}")
    for kind, current in (("reference", built), ("data", data_dir)):
        for outdated in FOLDER.glob(f"{kind}-{plots}-*"):
            if outdated != current:
                shutil.rmtree(outdated)
    return found


def _built(plots: int) -> Path:
    """Build in a process of its own: the builder's memory is gone before anything is measured."""
    sources = [*(_PACKAGE / "reference").rglob("*.py"), PROJECT_ROOT / "data" / "indicators.toml"]
    folder = FOLDER / f"reference-{plots}-{_hash(sources)}"
    if not folder.is_dir():
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.data", str(plots), str(partial)], cwd=PROJECT_ROOT, check=True
        )
        partial.rename(folder)
    return folder


def peer_plots(data: Dataset, count: int, seed: int = 11) -> Path:
    """A random part of the plots for the comparison pages: name, volume, colour by species."""
    path = FOLDER / f"peers-{count}-{data.data_dir.name}.parquet"
    forest = data.forest()
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = np.random.default_rng(seed).choice(len(forest), min(count, len(forest)), replace=False)
    part = forest.iloc[rows].reset_index(drop=True)
    colors = np.array(palette.CATEGORICAL)[part["YOU_SHI_SZ"].astype("category").cat.codes % len(palette.CATEGORICAL)]
    names = part["LIN_BAN"].astype(str) + "-" + part["XIAO_BAN"].astype(str)
    shown = {"name": names, "volume": part["HUO_LMGQXJ"], "color": colors}
    gpd.GeoDataFrame(shown, geometry=part.geometry, crs=part.crs).to_parquet(path)
    return path


def zones(count: int, seed: int = 7) -> NDArray[np.object_]:
    """Township-like zones that fill the county's box: Voronoi cells with winding common borders, in the measuring
    projection; together they have no gaps and no overlaps."""
    west, south, east, north = crs.COUNTY_BOX
    box = crs.to_equal_area(np.array([shapely.box(west, south, east, north)], dtype=object))[0]
    x0, y0, x1, y1 = box.bounds
    points = np.random.default_rng(seed).uniform([x0, y0], [x1, y1], (count, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=box))
    # The displacement depends on the place alone and its slopes stay below 1, so nothing folds or parts.
    return np.asarray(
        shapely.transform(shapely.segmentize(shapely.intersection(cells, box), 60.0), _wind), dtype=object
    )


def _wind(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = xy.T
    return np.column_stack(
        [x + 200 * np.sin(y / 610) + 35 * np.sin(y / 97), y + 200 * np.sin(x / 570) + 35 * np.sin(x / 89)]
    )


def _publishing_sources() -> Iterable[Path]:
    for path in [*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.toml")]:
        if path.relative_to(_PACKAGE).parts[0] not in _DISPLAY:
            yield path


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def _build(plots: int, folder: Path) -> None:
    from pingchang_geo import reference  # noqa: PLC0415  only needed where nothing is built yet

    reference.write(reference.build(plots), folder)


if __name__ == "__main__":
    _build(int(sys.argv[1]), Path(sys.argv[2]))
