"""The whole files that the fuzzer damages: one of each kind that is read."""

from __future__ import annotations

from pathlib import Path
from random import Random

import shapely

from tests import factories
from tests.corpus import good_formats, parts, sample
from tests.fuzz.damage import damaged, misplaced

#: What is damaged (``members``: within the grammar), and what the analyst submits.
TARGETS = {
    "forest.shp": "forest.shp",
    "forest.shx": "forest.shp",
    "forest.dbf": "forest.shp",
    "forest.prj": "forest.shp",
    "forest.cpg": "forest.shp",
    "holes.shp": "holes.shp",
    "points.shp": "points.shp",
    "a.zip": "a.zip",
    "stored.zip": "stored.zip",
    "a.gpkg": "a.gpkg",
    "a.geojson": "a.geojson",
    "members.geojson": "members.geojson",
    "a.kml": "a.kml",
    "a.kmz": "a.kmz",
    "a.parquet": "a.parquet",
}


def write(folder: Path) -> None:
    """Small files: nine compartments, or three points."""
    frame = factories.sample_forest(9)
    factories.write_shapefile(frame, folder, cpg=True)
    whole = frame.geometry.array
    frame.geometry = shapely.difference(whole, shapely.buffer(shapely.centroid(whole), 80, quad_segs=2))
    factories.write_shapefile(frame, folder, name="holes")
    points = good_formats.scenic()
    factories.write_shapefile(points, folder, name="points", epsg=4490)
    members = {part.name: part for part in sorted(folder.glob("forest.*"))}
    parts.zipped(folder / "a.zip", dict(members))
    parts.zipped(folder / "stored.zip", {name: path.read_bytes() for name, path in members.items()}, packed=False)
    frame.to_file(folder / "a.gpkg", layer="forest")
    sample.geojson(frame, folder / "a.geojson")
    sample.geojson(frame, folder / "members.geojson")
    (folder / "a.kml").write_text(good_formats.kml(points, "名称"), "utf-8")
    parts.zipped(folder / "a.kmz", {"doc.kml": folder / "a.kml"})
    frame.to_parquet(folder / "a.parquet")


def broken(folder: Path, name: str, random: Random) -> bytes:
    """The content of one of the files after an accident."""
    content = (folder / name).read_bytes()
    return misplaced(content, random) if name.startswith("members") else damaged(content, random)
