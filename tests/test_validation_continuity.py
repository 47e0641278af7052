"""What is doubtful only beside the current version, and totals beside the report's."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingchang_geo import layers
from pingchang_geo.comparison import compare
from pingchang_geo.indicators import load_ledger
from pingchang_geo.issues import Issue, Level
from pingchang_geo.validation import Side, continuity, totals
from tests import layer_frames

FOREST = layers.get("forest")
BEFORE = layer_frames.forest()


def doubts(after: gpd.GeoDataFrame, before: gpd.GeoDataFrame = BEFORE) -> list[Issue]:
    sides = [Side(frame, frame.geometry.to_numpy()) for frame in (before, after)]
    found = compare(FOREST, before, sides[0].geometry, after, sides[1].geometry)
    return continuity(FOREST, found, *sides)


def codes(issues: list[Issue]) -> list[str]:
    return [one.code for one in issues]


def test_a_few_changes_are_no_doubt() -> None:
    assert doubts(BEFORE.assign(volume_m3_ha=BEFORE.volume_m3_ha + np.arange(12) % 2)) == []
    assert doubts(BEFORE.iloc[1:].reset_index(drop=True)) == []


def test_mass_deletion_counts() -> None:
    (found,) = doubts(BEFORE.iloc[:8].reset_index(drop=True))
    assert (found.code, found.level, found.count) == ("MASS_DELETION", Level.CONFIRM, 4)
    assert "33%" in found.message


def test_new_keys_throughout() -> None:
    (found,) = doubts(BEFORE.assign(xiaoban=[f"x{i}" for i in range(12)]))
    assert found.code == "KEYS_ALL_NEW"
    assert "12 个图形" in found.message


@pytest.mark.parametrize(("metres_east", "metres_north"), [(40.0, 0.0), (-3.0, 120.0)])
def test_a_uniform_shift_has_its_direction_and_size(metres_east: float, metres_north: float) -> None:
    after = BEFORE.copy()
    after.geometry = [
        shapely.affinity.translate(g, metres_east / 111_320 / np.cos(np.radians(g.centroid.y)), metres_north / 111_320)
        for g in BEFORE.geometry
    ]
    (found,) = doubts(after)
    assert found.code == "UNIFORM_SHIFT"
    assert f"{abs(metres_east):.1f} 米" in found.message
    assert ("向西" in found.message) == (metres_east < 0)
    assert ("向北" in found.message) == (metres_north > 0)


def test_a_resurvey_moves_every_border_differently() -> None:
    rng = np.random.default_rng(5)
    after = BEFORE.copy()
    after.geometry = [shapely.affinity.translate(g, *(rng.normal(0, 1e-4, 2))) for g in BEFORE.geometry]
    assert "UNIFORM_SHIFT" not in codes(doubts(after))


def test_a_sum_fifteen_times_as_large_is_asked_about() -> None:
    after = BEFORE.assign(volume_m3_ha=BEFORE.volume_m3_ha * 15)
    (found,) = doubts(after)
    assert (found.code, found.field) == ("SUM_RATIO", "volume_m3_ha")
    assert "15" in found.message


def test_nothing_changed_is_said() -> None:
    assert codes(doubts(BEFORE.copy())) == ["NOTHING_CHANGED"]


def test_totals_beside_the_report() -> None:
    ledger = load_ledger()
    redline = layers.get("redline")
    reported_ha = ledger.number("redline_area_km2") * 100
    exact = layer_frames.redline().assign(area_ha=[reported_ha / 2] * 2)
    assert totals(redline, exact, ledger) == []
    (found,) = totals(redline, exact.assign(area_ha=[reported_ha] * 2), ledger)
    assert (found.code, found.level) == ("TOTAL_DIFFERS", Level.WARNING)
    assert "+100.0%" in found.message
    assert totals(redline, exact.assign(area_ha=np.nan), ledger) == []
    (count,) = totals(layers.get("scenic"), layer_frames.scenic().assign(area_ha=1.0), ledger)
    assert "−75.0%" in count.message
