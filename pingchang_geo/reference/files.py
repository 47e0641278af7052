"""Reference layers on disk: GeoJSON for the small ones, GeoParquet for the forest, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pingchang_geo.reference.model import ReferenceLayer

#: Layers of many features are stored as GeoParquet.
_PARQUET_FROM: Final = 2_000
_ZSTD_LEVEL: Final = 19
#: Above this number of features a fast compression matters more than a small file.
_SMALL: Final = 50_000


def write(layers: Mapping[str, ReferenceLayer], folder: Path) -> None:
    """Write each layer and ``sources.toml`` to ``folder``; equal layers give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["# Written by `python -m pingchang_geo reference build`; see README.md.", ""]
    for layer in layers.values():
        file = _write_layer(layer, folder)
        lines.append(f"[{layer.layer}]")
        entries = {"file": file, **layer.provenance}
        lines += [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in entries.items()]
        lines.append("")
    (folder / "sources.toml").write_text("\n".join(lines), encoding="utf-8", newline="\n")


def _write_layer(layer: ReferenceLayer, folder: Path) -> str:
    large = layer.layer == "forest" or len(layer.frame) >= _PARQUET_FROM
    path = folder / f"{layer.layer}.{'parquet' if large else 'geojson'}"
    if large:
        layer.frame.to_parquet(
            path,
            index=False,
            compression="zstd",
            compression_level=_ZSTD_LEVEL if len(layer.frame) <= _SMALL else 3,
            use_dictionary=[name for name in layer.frame.columns if layer.frame[name].dtype.kind not in "f"],
            write_covering_bbox=False,
        )
    else:
        path.write_text(_geojson(layer), encoding="utf-8", newline="\n")
    return path.name


def _geojson(layer: ReferenceLayer) -> str:
    """One feature a line, so that a change shows up as the changed features."""
    document = layer.frame.to_geo_dict(show_bbox=False)
    features = [
        json.dumps(
            {"type": "Feature", "properties": f["properties"], "geometry": f["geometry"]},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for f in document["features"]
    ]
    # Longitude, latitude as RFC 7946 orders them; the CRS member names CGCS2000 for readers that heed it.
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}}'
    head = f'{{"type":"FeatureCollection","name":"{layer.layer}","crs":{crs},"features":[\n'
    return head + ",\n".join(features) + "\n]}\n"
