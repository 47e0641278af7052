"""Small factories of layers and of files as analysts have them, shared by the unit and the browser suites.

Everything is deterministic by its seed and lies inside Pingchang County.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

#: Centre of the samples in CGCS2000 3° zone 36 (easting with prefix, northing): a square of 24 km around it is the
#: largest that fits the county.
CENTRE = (36_415_300.0, 3_495_500.0)
TOWNSHIPS = ("驷马镇", "白衣镇", "江口街道", "板庙镇", "元山镇", "云台镇")
_SPECIES = ("220", "350", "310", "410", "490", "620")
_LAND = ("0111", "0111", "0113", "0131")


def mesh(rows: int, seed: int = 0, *, detail: int = 4, radius_m: float = 15_500.0) -> np.ndarray:
    """``rows`` contiguous, irregular, valid polygons (EPSG:4524) that neither overlap nor leave gaps.

    Vertices of neighbours coincide: edges are wiggled once and shared.
    """
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(rows)))
    step = 2 * radius_m / np.sqrt(2) / side
    grid = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), -1) * step
    grid = grid - side * step / 2 + np.array(CENTRE)
    grid[1:-1, 1:-1] += rng.uniform(-0.2, 0.2, grid[1:-1, 1:-1].shape) * step  # the outer nodes stay in the county
    along = np.linspace(0, 1, detail + 1)[:, None]

    def edges(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        line = a[:, :, None] + (b - a)[:, :, None] * along
        line[:, :, 1:-1] += rng.uniform(-0.04, 0.04, line[:, :, 1:-1].shape) * step
        return line

    east, north = edges(grid[:-1, :], grid[1:, :]), edges(grid[:, :-1], grid[:, 1:])
    rings = np.concatenate([east[:, :-1, :-1], north[1:, :, :-1], east[:, 1:, :0:-1], north[:-1, :, :0:-1]], axis=2)
    return shapely.polygons(rings.reshape(-1, rings.shape[2], 2)[:rows])


def sample_forest(rows: int = 200, seed: int = 0, *, detail: int = 4) -> gpd.GeoDataFrame:
    """Forest compartments in dialect A as stored in files (codes as text), EPSG:4524."""
    rng = np.random.default_rng(seed)
    geometry = mesh(rows, seed, detail=detail)
    number = np.arange(rows)
    species = rng.choice(_SPECIES, rows)
    age = rng.integers(1, 6, rows)
    volume = np.round(rng.gamma(4, 15, rows), 1)
    columns = {
        "SHENG": "51",
        "SHI": "19",
        "XIAN": "511923",
        "XIANG": np.array(TOWNSHIPS)[number * len(TOWNSHIPS) // max(rows, 1)],
        "CUN": np.char.add("村", (number // 50 % 20 + 1).astype(str)),
        "LIN_BAN": np.char.zfill((number // 40 + 1).astype(str), 4),
        "XIAO_BAN": np.char.zfill((number % 40 + 1).astype(str), 4),
        "MIAN_JI": np.round(shapely.area(geometry) / 1e4, 2),
        "DI_LEI": rng.choice(_LAND, rows),
        "YOU_SHI_SZ": species,
        "QI_YUAN": rng.choice(("11", "21"), rows),
        "LING_ZU": age.astype(str),
        "PINGJUN_NL": age * 10,
        "PINGJUN_XJ": np.round(rng.uniform(6, 30, rows), 1),
        "PINGJUN_SG": np.round(rng.uniform(3, 20, rows), 1),
        "HUO_LMGQXJ": volume,
        "YU_BI_DU": np.round(rng.uniform(0.2, 0.95, rows), 2),
        "MEI_GQ_ZS": rng.integers(300, 2500, rows),
        "SEN_LIN_LB": rng.choice(("11", "21"), rows),
        "LIN_ZHONG": rng.choice(("111", "231", "255"), rows),
        "BH_DJ": rng.choice(("1", "2", "3"), rows),
        "LD_QS": rng.choice(("10", "20"), rows),
        "BEIZHU": rng.choice(("", "补充调查", "二类调查更新", "退耕还林"), rows),
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=geometry, crs="EPSG:4524")


def dialect_b(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same compartments in dialect B (lower case, total volume, species × 1000)."""
    area_ha = shapely.area(frame.geometry.array) / 1e4
    columns = {
        "xiang": frame["XIANG"],
        "cun": frame["CUN"],
        "lin_ban": frame["LIN_BAN"],
        "xiao_ban": frame["XIAO_BAN"],
        "xbmj": np.round(area_ha * 15, 2),
        "di_lei": "030100",
        "you_shi_sz": frame["YOU_SHI_SZ"] + "000",
        "qi_yuan": frame["QI_YUAN"],
        "pingjun_nl": frame["PINGJUN_NL"],
        "ling_zu": frame["LING_ZU"],
        "yu_bi_du": frame["YU_BI_DU"],
        "mei_gq_xj": frame["HUO_LMGQXJ"],
        "huo_lm_xj": np.round(frame["HUO_LMGQXJ"] * area_ha, 1),
        "tan_chu_l": np.round(frame["HUO_LMGQXJ"] * area_ha * 0.4, 1),
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=frame.geometry.array, crs=frame.crs)


def write_shapefile(
    frame: gpd.GeoDataFrame,
    folder: Path,
    *,
    name: str = "forest",
    encoding: str = "gbk",
    cpg: bool = False,
    epsg: int = 4524,
    prj: bool = True,
) -> Path:
    """Write a loose shapefile and return the path of its .shp."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.shp"
    pyogrio.write_dataframe(frame.to_crs(epsg=epsg), path, driver="ESRI Shapefile", encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink(missing_ok=True)
    if not prj:
        path.with_suffix(".prj").unlink()
    return path


def zip_shapefile(shp: Path, target: Path, *, folder: str = "") -> Path:
    """Pack a shapefile's parts into ``target``."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(shp.parent.glob(f"{shp.stem}.*")):
            archive.write(part, folder + part.name)
    return target
