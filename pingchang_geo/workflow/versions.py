"""What can be done with published versions: find, compare, download, go back to."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo import attributes, carbon, comparison, crs, exports, layers
from pingchang_geo.access import Actor, Right, Source
from pingchang_geo.comparison import Comparison
from pingchang_geo.errors import ExportError, PingchangError, StoreError
from pingchang_geo.exports import sheet, vectors
from pingchang_geo.indicators import load_ledger
from pingchang_geo.provenance import mark
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.specs import FieldKind, LayerSpec
from pingchang_geo.store import LocalStore, Store, Version
from pingchang_geo.store.catalogue import AuditEntry
from pingchang_geo.units import HA_M2, KM2_M2, UnitChoice
from pingchang_geo.workflow import derive, start
from pingchang_geo.workflow.access import Require, command_only
from pingchang_geo.workflow.publish import current_base, publish


class Download(StrEnum):
    """Formats a version can be had in."""

    SHAPEFILE_GBK = "shp-gbk"
    SHAPEFILE_UTF8 = "shp-utf8"
    GEOPACKAGE = "gpkg"
    GEOJSON = "geojson"
    GEOPARQUET = "parquet"
    XLSX = "xlsx"

    @property
    def label(self) -> str:
        """For the screen."""
        return {
            Download.SHAPEFILE_GBK: "Shapefile（GBK）",
            Download.SHAPEFILE_UTF8: "Shapefile（UTF-8）",
            Download.GEOPACKAGE: "GeoPackage",
            Download.GEOJSON: "GeoJSON",
            Download.GEOPARQUET: "GeoParquet",
            Download.XLSX: "Excel 属性表",
        }[self]

    @property
    def ending(self) -> str:
        """Extension of the file."""
        return "zip" if self in (Download.SHAPEFILE_GBK, Download.SHAPEFILE_UTF8) else self.value


@dataclass(frozen=True)
class VersionComparison:
    """Two versions side by side.

    Attributes:
        found: which feature became what.
        before, after: rows of each side with source columns, ``area_ha`` and, where the layer bears carbon, stock
            and removal.
        summary: features and sums by fate.
        groups: field → sums by its categories, largest change first.
    """

    spec: LayerSpec
    found: Comparison
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    summary: pd.DataFrame
    groups: dict[str, pd.DataFrame]


_QUANTITIES: Final = ("area_ha", "stock_tc", "removal_tco2_a")
#: The layer whose outlines group the features of others, the group's name, and that of what lies in none of them.
_TOWNSHIPS: Final = "townships"
BY_OUTLINE: Final = "乡镇（按界线）"
OUTSIDE: Final = "乡镇界线之外"
#: A smaller share of a feature beyond a shared border is drawing, not place.
_SLIVER_SHARE: Final = 1e-3


@dataclass(frozen=True)
class Figures:
    """What a version holds: area, and carbon stock by the current parameters; None where a layer has no such thing."""

    area_km2: float | None = None
    stock_tc: float | None = None


#: By store, version and rules; and who computes: a content and its projection take a lot of memory.
_COMPUTED: Final[dict[tuple[LocalStore, Version, str], Figures]] = {}
_COMPUTING: Final = threading.Lock()


def figures(store: LocalStore, version: Version) -> Figures:
    """Area and stock of a version; neither for one whose content is not there any more.

    Both follow from what is derived from the version alone. A version that has been current under these parameters has
    it; of others it is computed from the content, once a process and one version at a time.
    """
    with _COMPUTING:
        if (held := _at_hand(store, version)) is not None:
            return held
        try:
            held = _summed(with_quantities(layers.get(version.layer), store.read(version)))
        except (OSError, StoreError, ValueError):
            return Figures()
        return _COMPUTED.setdefault((store, version, derive.fingerprint()), held)


def history_figures(store: LocalStore, known: Sequence[Version], most: int) -> list[Figures | None]:
    """:func:`figures` of versions for a page, of which at most ``most`` are computed now; None for those left."""
    found: list[Figures | None] = []
    for version in known:
        held = _at_hand(store, version)
        if held is None and most > 0:
            held = figures(store, version)
            most -= held != Figures()  # what cannot be read does not keep the others waiting
        found.append(held)
    return found


def _at_hand(store: LocalStore, version: Version) -> Figures | None:
    """Figures that need no content: computed already, kept with the version, or of one that has none any more."""
    if version.pruned_at:
        return Figures()
    rules = derive.fingerprint()
    if (store, version, rules) not in _COMPUTED:
        try:
            _COMPUTED[store, version, rules] = _summed(derive.read_attributes(store, version))
        except (OSError, ValueError):  # not derived under these parameters, or damaged
            return None
    return _COMPUTED[store, version, rules]


def _summed(own: pd.DataFrame) -> Figures:
    area_km2 = float(own["area_ha"].sum()) * HA_M2 / KM2_M2
    stock_tc = own["stock_tc"].sum(min_count=1) if "stock_tc" in own else np.nan
    return Figures(area_km2 or None, float(stock_tc) if np.isfinite(stock_tc) else None)


def find(store: Store, layer: str, name: str) -> Version:
    """Version of a layer by number (``3``), name (``3-3f2a…``) or the beginning of its hash.

    Raises:
        StoreError: no such version, or a beginning that several share; the message lists those there are.
    """
    known = store.versions(layer)
    wanted = name.strip().removeprefix("v")
    exact = [v for v in known if wanted in (str(v.number), v.name)]
    hits = exact or [v for v in known if len(wanted) >= 4 and v.sha256.startswith(wanted)]
    if len(hits) == 1:
        return hits[0]
    title = layers.get(layer).title
    listed = "、".join(v.name for v in known[:8]) or "（尚无版本）"
    raise StoreError(f"「{title}」没有名为「{name}」的版本。", fix=f"现有版本：{listed}。")


def rollback(
    store: Store,
    layer: str,
    version: Version,
    *,
    actor: Actor,
    note: str = "",
    base: str | None = None,
    require: Require = command_only,
    progress: derive.Progress = lambda _: None,
) -> Version:
    """Publish the content of an earlier version again, as a new one; nothing is deleted.

    Args:
        store: holds the versions.
        layer: layer id.
        version: the one to go back to.
        actor: who goes back; the name goes into version and log.
        note: why, in their words.
        base: name of the version that is being left; the current one by default.
        require: who is asked whether the actor may, see :func:`publish`.
        progress: told in Chinese what is being done.

    Returns:
        The new version, or the current one when it has that very content and provenance.

    Raises:
        ForbiddenError: the actor may not; nothing was changed.
        ConflictError, StoreError: nothing was changed.
    """
    words = f"回退到{version.label}" + (f"：{note}" if note else "")
    return publish(
        store,
        layer,
        store.read(version),
        provenance=version.provenance,
        actor=require(actor, Right.UPDATE),
        note=words,
        base=base or current_base(store, layer),
        action="rollback",
        require=require,
        progress=progress,
    )


def rollback_apart(layer: str, version: Version, *, actor: Actor, note: str, base: str, data_dir: Path) -> str:
    """:func:`rollback` by the command line in a process of its own, whose memory is given back; returns what it says.

    The process is told the actor's session by its public id, and asks for itself whether they still may.

    Raises:
        PingchangError: it was refused; nothing was changed.
    """
    actor = start.require(actor, Right.UPDATE)
    session = [] if actor.source == Source.COMMAND else [f"--session={actor.session}"]
    command = [sys.executable, "-m", "pingchang_geo", "rollback", layer, version.name]
    done = subprocess.run(
        [*command, f"--by={actor.name}", *session, f"--note={note}", f"--base={base}"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PINGCHANG_DATA_DIR": str(data_dir), "PYTHONUTF8": "1"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().removeprefix("错误：")
        raise PingchangError(
            said if done.returncode == PingchangError.exit_code else "回退没有完成，当前版本未受影响。"
        )
    return done.stdout.strip().splitlines()[-1]


def audit_log(store: LocalStore, actor: Actor) -> tuple[AuditEntry, ...]:
    """The audit log, oldest first, for those who may read it.

    Raises:
        ForbiddenError: the actor may not.
    """
    start.require(actor, Right.LOG)
    return store.audit()


def compare_versions(store: Store, before: Version, after: Version) -> VersionComparison:
    """Compare two versions of one layer."""
    spec = layers.get(before.layer)
    return compare_frames(spec, store.read(before), store.read(after), townships_of(store))


def townships_of(store: Store) -> gpd.GeoDataFrame | None:
    """Current township boundaries (``name``, polygons, EPSG:4490); None before somebody has published them."""
    version = store.snapshot().versions.get(_TOWNSHIPS)
    return None if version is None else store.read(version, columns=["name", "geometry"])


def compare_frames(
    spec: LayerSpec,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    townships: gpd.GeoDataFrame | None = None,
) -> VersionComparison:
    """Compare two contents (canonical source columns, EPSG:4490), quantities included.

    With ``townships`` (``name``, polygons) layers that do not say themselves where their features lie are summed by
    them too, under :data:`BY_OUTLINE`.
    """
    sides = [with_quantities(spec, frame.reset_index(drop=True)) for frame in (before, after)]
    geometry = [frame.geometry.to_numpy() for frame in sides]
    found = comparison.compare(spec, sides[0], geometry[0], sides[1], geometry[1])
    old, new = tables = [pd.DataFrame(frame.drop(columns="geometry")) for frame in sides]
    known = [name for name in _QUANTITIES if any(name in table and table[name].notna().any() for table in tables)]
    by = [f.name for f in spec.fields if f.kind is FieldKind.CATEGORY and not f.derived and f.filterable]
    by = [name for name in by if any(name in table and table[name].notna().any() for table in tables)]
    summary = comparison.summary(found, old, new, known)
    groups = {name: comparison.by_group(old, new, name, known) for name in by}
    if townships is not None and spec.id != _TOWNSHIPS and "township" not in by:
        cut_old, cut_new = (by_outline(frame, townships, known) for frame in sides)
        groups[BY_OUTLINE] = comparison.by_group(cut_old, cut_new, BY_OUTLINE, known)
    return VersionComparison(spec, found, sides[0], sides[1], summary, groups)


def by_outline(frame: gpd.GeoDataFrame, outlines: gpd.GeoDataFrame, quantities: Sequence[str]) -> pd.DataFrame:
    """Features cut by outlines: one row a feature and outline it lies in, its quantities by the share of its area.

    Args:
        frame: n features with ``quantities``, EPSG:4490.
        outlines: polygons with ``name``, EPSG:4490.
        quantities: columns of ``frame`` that are sums.

    Returns:
        :data:`BY_OUTLINE` and the quantities; what lies in no outline is under :data:`OUTSIDE`. Lines and points count
        whole where their centre lies.
    """
    shapes, areas = (crs.to_equal_area(one.geometry.to_numpy()) for one in (frame, outlines))
    own = shapely.area(shapes)
    tree = shapely.STRtree(areas)
    row, outline = tree.query(shapes[own > 0], predicate="intersects")
    row = np.flatnonzero(own > 0)[row]
    share = shapely.area(shapely.intersection(shapes[row], areas[outline])) / own[row]
    spot, place = tree.query(shapely.centroid(shapes[own == 0]), predicate="intersects")
    row = np.concatenate([row[share > _SLIVER_SHARE], np.flatnonzero(own == 0)[spot]])
    outline = np.concatenate([outline[share > _SLIVER_SHARE], place])
    share = np.concatenate([share[share > _SLIVER_SHARE], np.ones(len(spot))])
    left = 1 - np.bincount(row, weights=share, minlength=len(frame))
    beyond = np.flatnonzero(left > _SLIVER_SHARE)
    names = outlines["name"].astype(str).to_numpy(dtype=object)
    rows, shares = np.concatenate([row, beyond]), np.concatenate([share, left[beyond]])
    parts = {name: frame[name].to_numpy(dtype=np.float64)[rows] * shares for name in quantities if name in frame}
    return pd.DataFrame({BY_OUTLINE: [*names[outline], *[OUTSIDE] * len(beyond)], **parts})


def with_quantities(spec: LayerSpec, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with what follows from its own features: area and, for carbon-bearing layers, carbon."""
    metres = crs.to_equal_area(frame.geometry.to_numpy())
    own = attributes.own_attributes(spec, frame, metres, carbon.load(), load_ledger())
    return frame.assign(**{name: own[name].to_numpy() for name in own if name in _QUANTITIES})


def not_in(store: LocalStore, version: Version, kind: Download) -> str:
    """Why a version cannot be had in a format, in Chinese; empty if it can. A page has to know before the download.

    A content that was pruned, is missing or is damaged cannot be had in any.
    """
    try:
        store.read(version, columns=[])
        return _not_in_gbk(store, version) if kind is Download.SHAPEFILE_GBK else ""
    except StoreError as error:
        return str(error)
    except (OSError, ValueError):  # of pyarrow: what is there is no content any more
        return f"{version.label}的数据文件无法读取。请从备份恢复数据目录。"


@lru_cache(maxsize=256)
def _not_in_gbk(store: LocalStore, version: Version) -> str:
    spec = layers.get(version.layer)
    texts = [field.name for field in spec.source_fields if field.kind is not FieldKind.NUMBER]
    try:
        vectors.require_encodable(store.read(version, columns=texts), spec, "GBK")
    except ExportError as error:
        return str(error)
    return ""


def download(store: Store, version: Version, kind: Download) -> tuple[str, bytes]:
    """File name and bytes of a version in a format.

    Raises:
        ExportError: the format cannot hold the version's texts; :func:`not_in` says so beforehand.
    """
    spec = layers.get(version.layer)
    frame: gpd.GeoDataFrame = store.read(version)
    notes = notes_of(version)
    stem = f"平昌县_{spec.title}_第{version.number}版"
    makers: dict[Download, Callable[[], bytes]] = {
        Download.SHAPEFILE_GBK: lambda: vectors.to_shapefile(frame, spec, encoding="GBK", stem=stem, notes=notes),
        Download.SHAPEFILE_UTF8: lambda: vectors.to_shapefile(frame, spec, encoding="UTF-8", stem=stem, notes=notes),
        Download.GEOPACKAGE: lambda: vectors.to_geopackage(frame, spec, notes, mark([version.provenance])),
        Download.GEOJSON: lambda: vectors.to_geojson(frame, spec, notes),
        Download.GEOPARQUET: lambda: vectors.to_geoparquet(frame, spec),
        Download.XLSX: lambda: exports.to_xlsx(_sheet(version, with_quantities(spec, frame), notes)),
    }
    return f"{stem}.{kind.ending}", makers[kind]()


def notes_of(version: Version) -> tuple[tuple[str, str], ...]:
    """What a file made from a version must say of itself."""
    source = sheet.Source(layers.get(version.layer).title, version.label, version.published_at, version.provenance)
    return (
        *sheet.notes([source], datetime.now(), rows=f"{version.rows:,}", mark=mark([version.provenance])),
        ("校验值", f"SHA-256 {version.sha256}"),
    )


def _sheet(version: Version, frame: gpd.GeoDataFrame, notes: tuple[tuple[str, str], ...]) -> Any:
    spec = layers.get(version.layer)
    table = pd.DataFrame(frame.drop(columns="geometry"))
    return sheet.Sheet.of_frame(
        spec.title, table, spec.fields, UnitChoice(), notes=notes, mark=mark([version.provenance])
    )
