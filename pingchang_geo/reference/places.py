"""Scenic areas and industrial sites: names from the ledger, positions illustrative unless a text tells them.

Distances are counted in kilometres east and north of the county seat, the only verified position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from pingchang_geo.crs import STORAGE_EPSG, from_equal_area
from pingchang_geo.indicators import Ledger
from pingchang_geo.provenance import Location
from pingchang_geo.reference.model import Floats
from pingchang_geo.reference.terrain import HILL_XY_M, SEAT_XY_M, Terrain

_FOTOUSHAN_HA: Final = 293.0
#: Sites keep this distance, so that their surroundings of 1 km do not overlap.
_APART_M: Final = 2_100.0
_SITE_M: Final = ((0.0, 0.0), (400.0, 0.0), (-400.0, 0.0), (0.0, 400.0), (0.0, -400.0))
_ORDINALS: Final = "一二三四五六七八九十"
_COORDINATES_OPEN: Final = "坐标待定，点位仅供示意。"


@dataclass(frozen=True)
class _Place:
    """Where a named scenic area is drawn and why."""

    address: str
    east_km: float
    north_km: float
    location: Location
    how: str
    basis: str


_REPORT: Final = "名称见报告，级别据报告"
_PUBLIC: Final = "名称见公开报道，未核对官方名录"

_SCENIC: Final = {
    "佛头山": _Place(
        "平昌县城北缘",
        (HILL_XY_M[0] - SEAT_XY_M[0]) / 1e3,
        (HILL_XY_M[1] - SEAT_XY_M[1]) / 1e3,
        Location.INFERRED,
        "据“县城北缘、面积293公顷”的文字描述推定；轮廓形状为示意，面积按文字取值。",
        _REPORT,
    ),
    "驷马水乡": _Place("平昌县驷马镇", -9.5, 13.0, Location.ILLUSTRATIVE, _COORDINATES_OPEN, _REPORT),
    "白衣古镇": _Place(
        "平昌县白衣镇",
        11.5,
        -13.5,
        Location.INFERRED,
        "据“县城东南、巴河之滨”的文字描述推定；距县城里程各文不一（15公里或25公里），取其间。",
        _REPORT,
    ),
    "巴灵台": _Place("平昌县", 19.5, 0.5, Location.ILLUSTRATIVE, _COORDINATES_OPEN, _PUBLIC),
    "南天门（五木）": _Place("平昌县", -3.5, 20.5, Location.ILLUSTRATIVE, _COORDINATES_OPEN, _PUBLIC),
    "三十二梁": _Place("平昌县三十二梁镇", 36.0, 22.5, Location.ILLUSTRATIVE, _COORDINATES_OPEN, _PUBLIC),
    "大石童话小镇": _Place(
        "平昌县板庙镇",
        -13.5,
        -10.4,
        Location.ILLUSTRATIVE,
        "文字仅载距县城17公里，方位不明，点位仅供示意。",
        _PUBLIC,
    ),
}
#: Where areas counted but not known by name are drawn.
_UNNAMED_KM: Final = ((3.0, -23.5), (-18.0, 4.0), (30.0, 8.0))


def build_scenic(seed: int, ledger: Ledger) -> gpd.GeoDataFrame:
    """As many AAAA scenic areas as the ledger counts; the ones not known by name say so."""
    count = round(ledger.number("scenic_4a_count"))
    named = list(ledger["scenic_4a_named"].items)
    names = [*named, *(name for name in _SCENIC if name not in named)][:count]
    rows: list[dict[str, str]] = []
    shapes: list[Any] = []
    for name in names:
        place = _SCENIC[name]
        outlined = name == "佛头山"
        shapes.append(_outline(seed, place) if outlined else _point(place.east_km, place.north_km))
        rows.append(_scenic_row(name, place.address, place.location, place.how, place.basis))
    for k in range(len(names), count):
        shapes.append(_point(*_UNNAMED_KM[k - len(names)]))
        how = "名称与位置均待核，点位仅供示意。"
        rows.append(
            _scenic_row(
                f"第{_ORDINALS[k]}处 AAAA 景区（待核）", "待核", Location.ILLUSTRATIVE, how, "数量据报告，名称未能核实"
            )
        )
    return _frame(rows, shapes)


def _scenic_row(name: str, address: str, location: Location, how: str, basis: str) -> dict[str, str]:
    return {
        "MC": name,
        "DJ": "AAAA",
        "DZ": address,
        "WEIZHI": location.value,
        "SHUOMING": how,
        "YUYI": basis,
    }


def build_parks(ledger: Ledger, terrain: Terrain) -> gpd.GeoDataFrame:
    """Parks and sites that the report names, spread over the valley of the county seat and beyond."""
    zone = ledger["development_zone_named"].items[0]
    star = ledger["industrial_park_named"].items[0]
    company = ledger["largest_clean_energy_company"].items[0]
    well = ledger["oil_gas_well_named"].items[0]
    tenants = "、".join(ledger["xingguang_park_companies"].items) + "等"
    planned_lng = ledger["planned_lng_project"].items[0]
    planned_park = ledger["planned_oil_gas_park"].items[0]
    sites = ledger["development_zone_sites"].items
    zone_sites = zip(sites, ((-1.6, -3.3), (-4.6, -2.2), (1.6, -3.9), (4.3, -2.4)), strict=True)
    listed: list[tuple[str, str, str, str, float, float]] = [
        (zone, "省级开发区", "现状", "", -1.2, -0.9),
        (star, "工业园", "现状", tenants, -4.0, 0.6),
        *(
            (name, "生产基地" if name.endswith("基地") else "产业园", "现状", "", east, north)
            for name, (east, north) in zone_sites
        ),
        (company, "油气", "现状", company, 2.0, -0.9),
        (planned_lng, "油气", "规划", company, 4.6, 0.4),
        (f"板庙{well}", "油气", "现状", "中石油", -11.5, -14.0),
        (planned_park, "油气", "规划", "", -9.0, -12.6),
    ]
    rows = [
        {
            "MC": name,
            "LX": kind,
            "ZT": status,
            "QIYE": companies,
            "WEIZHI": Location.ILLUSTRATIVE.value,
            "SHUOMING": _COORDINATES_OPEN,
        }
        for name, kind, status, companies, _, _ in listed
    ]
    wished = np.array([[SEAT_XY_M[0] + 1e3 * east, SEAT_XY_M[1] + 1e3 * north] for *_, east, north in listed])
    return _frame(rows, [shapely.Point(place) for place in _settle(terrain, wished)])


def _settle(terrain: Terrain, wished_m: Floats) -> Floats:
    """Each site moved to the lowest ground near by that keeps its distance from the sites before it."""
    step = np.arange(-1_500.0, 1_501.0, 100.0)
    around = np.stack([g.ravel() for g in np.meshgrid(step, step)], axis=1)
    placed = np.empty_like(wished_m)
    for k, wish in enumerate(wished_m):
        spot = wish + around
        # Smoothed over the site's surroundings, so that it does not end up in a ravine.
        height = np.mean([terrain.height(*(spot + shift).T) for shift in _SITE_M], axis=0)
        gap = np.hypot(*(spot[:, None] - placed[None, :k]).transpose(2, 0, 1)).min(axis=1, initial=np.inf)
        placed[k] = spot[np.argmin(height + np.where(gap < _APART_M, 1e3 - gap / 1e3, 0.0))]
    return placed


def _point(east_km: float, north_km: float) -> Any:
    return shapely.Point(SEAT_XY_M[0] + 1e3 * east_km, SEAT_XY_M[1] + 1e3 * north_km)


def _outline(seed: int, place: _Place) -> Any:
    """An irregular hill outline of the area that the text gives, around the place's position."""
    rng = np.random.default_rng([seed, 3])
    turn = np.linspace(0.0, 2.0 * np.pi, 73)[:-1]
    radius = np.ones_like(turn)
    for wave in range(1, 13):
        size, phase = 0.42 / wave**1.1 * rng.uniform(0.5, 1.0), rng.uniform(0.0, 2.0 * np.pi)
        radius += size * np.cos(wave * turn + phase)
    radius = np.maximum(radius, 0.3)
    ring = np.column_stack([0.8 * radius * np.cos(turn), 1.15 * radius * np.sin(turn)])
    ring *= np.sqrt(_FOTOUSHAN_HA * 1e4 / shapely.Polygon(ring).area)
    centre = _point(place.east_km, place.north_km)
    return shapely.Polygon(ring + np.array([centre.x, centre.y]))


def _frame(rows: list[dict[str, str]], shapes_m: list[Any]) -> gpd.GeoDataFrame:
    shape = from_equal_area(np.array(shapes_m, dtype=object))
    shape = shapely.transform(shape, lambda c: np.round(c, 6))
    return gpd.GeoDataFrame(rows, geometry=shape, crs=STORAGE_EPSG)
