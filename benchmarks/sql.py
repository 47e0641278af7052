"""The carbon totals once more, in another engine: DuckDB SQL over raw columns.

Nothing of the package's carbon arithmetic is used: the parameters are read from ``factors.toml`` and the report's
totals from ``indicators.toml`` with the standard library, and the rules are written again as SQL.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from pingchang_geo.settings import PROJECT_ROOT

FACTORS = PROJECT_ROOT / "pingchang_geo" / "carbon" / "factors.toml"
LEDGER = PROJECT_ROOT / "data" / "indicators.toml"
#: Land classes without an established stand, by the domain notes: b and values per hectare do not apply.
#: 疏林地 bears trees: a volume left empty is unknown there, and 0 on the others.
UNESTABLISHED = ("疏林地", "未成林地", "苗圃地", "采伐迹地", "火烧迹地")

_PLOTS = """
create view stocks as
select p.*,
  u.name is null as standing,
  case
    when not standing and u.name <> '疏林地' and p.volume is null then 0
    when standing and s.biomass_t_ha is not null then s.biomass_t_ha
    when standing and l.biomass_t_ha is not null and (c.a is null or p.volume is null or p.volume = 0)
      then l.biomass_t_ha
    when c.a is not null then
      case when p.volume between 0 and $most
        then c.a * p.volume + case when p.volume > 0 and standing then c.b else 0 end end
    when not standing and (s.biomass_t_ha is not null or l.biomass_t_ha is not null or p.volume = 0) then 0
  end * $fraction as tc_ha,
  tc_ha * p.area_m2 / 10000 as stock_tc,
  r.removal_t / r.area_ha * p.area_m2 / 10000 as removal_tco2_a
from plots p
left join coefficients c on c.species = p.species
left join by_species s on s.species = p.species
left join by_land l on l.land_class = p.land_class
left join rates r on r.kind = p.kind
left join unestablished u on u.name = p.land_class
"""


@dataclass(frozen=True)
class Totals:
    """What the engine found: tC, tCO₂/a and ha; missing keys have no known value."""

    stock_by_species: Mapping[str, float]
    removal_by_kind: Mapping[str, float]
    stock_inside: float
    stock_outside: float
    zones: Mapping[str, Mapping[int, float]]


def raw_plots(frame: pd.DataFrame, area_m2: np.ndarray) -> pd.DataFrame:
    """The plots' raw columns as plain values: row, species, kind, land_class, volume (m³/ha), area_m2."""
    texts = {"species": "species", "kind": "stand_kind", "land_class": "land_class"}
    plain = {name: frame[column].astype(object).where(frame[column].notna(), None) for name, column in texts.items()}
    volume = frame["volume_m3_ha"].to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.DataFrame({"row": np.arange(len(frame)), **plain, "volume": volume, "area_m2": area_m2})


def totals(plots: pd.DataFrame, pairs: Mapping[str, pd.DataFrame], inside: str) -> Totals:
    """Totals of plots and of the zones they are joined to.

    Args:
        plots: from :func:`raw_plots`.
        pairs: zone layer → columns ``row`` (of the plot), ``zone``, ``shared_m2``.
        inside: the zone layer for inside and outside; its zones must not overlap one another.
    """
    with duckdb.connect() as engine:
        _prepare(engine, plots)
        for layer, shared in pairs.items():
            engine.register(f"pairs_{layer}", shared)
        return Totals(
            _mapping(engine, "select species, sum(stock_tc) from stocks group by all"),
            _mapping(engine, "select kind, sum(removal_tco2_a) from stocks group by all"),
            *_inside_outside(engine, inside),
            {layer: _mapping(engine, _zone_query(layer)) for layer in pairs},
        )


def site_totals(plots: pd.DataFrame, shared: pd.DataFrame) -> tuple[float, float, float]:
    """Area (ha), stock (tC) and removal (tCO₂/a) of a site from the ground it shares (``row``, ``shared_m2``)."""
    with duckdb.connect() as engine:
        _prepare(engine, plots)
        engine.register("shared", shared)
        found = engine.execute(
            "select sum(shared_m2) / 10000, sum(stock_tc * shared_m2 / area_m2), "
            "sum(removal_tco2_a * shared_m2 / area_m2) from shared join stocks using (row)"
        ).fetchone()
    assert found is not None
    return found[0] or 0.0, found[1] or 0.0, found[2] or 0.0


def largest_difference(ours: Mapping[Any, float], theirs: Mapping[Any, float]) -> float:
    """Largest relative difference over all keys; a key or value that one side lacks counts as 0."""
    keys = ours.keys() | theirs.keys()
    pairs = ((_known(ours.get(key)), _known(theirs.get(key))) for key in keys)
    return max((abs(a - b) / max(abs(a), abs(b)) for a, b in pairs if a != b), default=0.0)


def _known(value: float | None) -> float:
    return 0.0 if value is None or np.isnan(value) else float(value)


def _prepare(engine: duckdb.DuckDBPyConnection, plots: pd.DataFrame) -> None:
    document = tomllib.loads(FACTORS.read_text(encoding="utf-8"))
    chosen = document["default_set"]
    # NaN is a number to SQL, greater than all others; null is what "not surveyed" means there
    engine.register("given", plots)
    engine.execute("create table plots as select * replace (nullif(volume, 'nan'::double) as volume) from given")
    tables = {
        "coefficients": [
            {"species": species, "a": float(row["a_t_m3"]), "b": float(row["b_t_ha"])}
            for row in document["coefficient"]
            if row["set"] == chosen
            for species in row["species"]
        ],
        "by_species": [
            {"species": name, "biomass_t_ha": float(row["biomass_t_ha"])}
            for row in document["per_hectare"]
            for name in row["species"]
        ],
        "by_land": [
            {"land_class": name, "biomass_t_ha": float(row["biomass_t_ha"])}
            for row in document["per_hectare"]
            for name in row["land_classes"]
        ],
        "rates": _rates(document["official"]),
        "unestablished": [{"name": name} for name in UNESTABLISHED],
    }
    for name, rows in tables.items():
        engine.register(name, pd.DataFrame(rows))
    fraction = next(row["value"] for row in document["carbon_fraction"] if row.get("set", chosen) == chosen)
    query = _PLOTS.replace("$most", repr(float(document["max_volume_m3_ha"]))).replace("$fraction", repr(fraction))
    engine.execute(query)


def _rates(official: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The report's removal (t CO₂/a) and area (ha) of each kind: 万吨 × 10⁴, and 万亩 × 10⁴ ÷ 15."""
    ledger = {
        row["id"]: row["value"]
        for row in tomllib.loads(LEDGER.read_text(encoding="utf-8"))["indicator"]
        if "value" in row
    }
    return [
        {
            "kind": row["stand_kind"],
            "removal_t": ledger[row["removal_indicator"]] * 10_000.0,
            "area_ha": ledger[row["area_indicator"]] * 10_000.0 / 15.0,
        }
        for row in official
    ]


def _zone_query(layer: str) -> str:
    return f"select zone, sum(tc_ha * shared_m2 / 10000) from pairs_{layer} join stocks using (row) group by all"


def _inside_outside(engine: duckdb.DuckDBPyConnection, layer: str) -> tuple[float, float]:
    found = engine.execute(
        f"with covered as (select row, sum(shared_m2) as m2 from pairs_{layer} group by all) "
        "select sum(tc_ha * coalesce(m2, 0) / 10000), sum(tc_ha * (area_m2 - coalesce(m2, 0)) / 10000) "
        "from stocks left join covered using (row)"
    ).fetchone()
    assert found is not None
    return found[0] or 0.0, found[1] or 0.0


def _mapping(engine: duckdb.DuckDBPyConnection, query: str) -> dict[Any, float]:
    return {key: value for key, value in engine.execute(query).fetchall() if value is not None}
