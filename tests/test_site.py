"""The site check on squares whose shares are known by hand; all coordinates in metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pingchang_geo import carbon, layers, site
from pingchang_geo.errors import PingchangError
from pingchang_geo.indicators import load_ledger
from pingchang_geo.site import Contact, SiteLayer
from pingchang_geo.site.features import direction
from tests.layer_frames import canonical

FACTORS, LEDGER = carbon.load(), load_ledger()
#: tC/ha of 马尾松 at 60 m³/ha: (0.5034 · 60 + 20.547) · 0.47.
PINE_TC_HA = 23.85297
#: Report's rate of 新造林, tCO₂/ha/a.
NEW_RATE = LEDGER.number("new_forest_removal_wt_a") / LEDGER.number("new_forest_area_wanmu") * 15


def layer(layer_id: str, geometries: Sequence[Any], *, mark: bool = False, **columns: list[Any]) -> SiteLayer:
    frame = pd.DataFrame(canonical(layer_id, columns, list(geometries)).drop(columns="geometry"))
    metres = np.array(geometries, dtype=object)
    spec = layers.get(layer_id)
    return SiteLayer(spec, spec.title, frame, metres, shapely.STRtree(metres), mark)


def redline(*patches: Any, **columns: list[Any]) -> SiteLayer:
    named = {"name": [f"斑块 {i + 1:02d}" for i in range(len(patches))], "type": ["水土保持"] * len(patches)}
    return layer("redline", patches, **{**named, **columns})


def forest(*plots: Any, **columns: list[Any]) -> SiteLayer:
    n = len(plots)
    common: dict[str, list[Any]] = {
        "linban": ["1"] * n,
        "xiaoban": [str(i + 1) for i in range(n)],
        "species": ["马尾松"] * n,
        "volume_m3_ha": [60.0] * n,
        "stand_kind": ["新造林"] * n,
        "land_class": ["乔木林地"] * n,
    }
    return layer("forest", plots, **{**common, **columns})


def check(area: Any, *found: SiteLayer, county: Any = None) -> site.SiteResult:
    return site.check(area, found, FACTORS, LEDGER, county)


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(x0, y0, x1, y1)


# --- what must not be touched ---


def test_overlap_by_patch_with_shares_of_site_and_patch() -> None:
    patches = redline(box(0, 0, 100, 100), box(100, 0, 300, 100), box(900, 0, 1000, 100))
    (found,) = check(box(50, 0, 150, 50), patches).protected
    assert found.touches and found.contact is Contact.OVERLAP
    assert found.overlap_ha == pytest.approx(0.5) and found.overlap_pct == pytest.approx(100)
    assert found.distance_m is None and found.nearest is None and found.link_m is None and found.direction == ""
    assert found.patches["row"].tolist() == [0, 1]
    assert found.patches["name"].tolist() == ["斑块 01", "斑块 02"]
    assert found.patches["type"].tolist() == ["水土保持"] * 2
    assert found.patches["overlap_ha"].tolist() == pytest.approx([0.25, 0.25])
    assert found.patches["site_pct"].tolist() == pytest.approx([50, 50])
    assert found.patches["patch_pct"].tolist() == pytest.approx([25, 12.5])
    assert shapely.area(found.overlap_m) == pytest.approx(5000)


def test_patches_that_overlap_one_another_count_once_in_the_total() -> None:
    (found,) = check(box(0, 0, 100, 100), redline(box(0, 0, 60, 100), box(40, 0, 100, 100))).protected
    assert found.patches["overlap_ha"].tolist() == pytest.approx([0.6, 0.6])
    assert found.overlap_ha == pytest.approx(1.0)


def test_distance_direction_and_name_of_the_nearest_patch() -> None:
    (found,) = check(
        box(0, 0, 10, 10), redline(box(500, 500, 600, 600), box(-40, 0, -30, 10), name=["甲", "乙"])
    ).protected
    assert not found.touches and found.contact is Contact.APART
    assert (found.distance_m, found.direction, found.nearest) == (pytest.approx(30), "西", (1, "乙"))
    assert found.link_m is not None and found.link_m.length == pytest.approx(30)
    assert found.patches.empty and found.overlap_m.is_empty
    assert found.overlap_ha == 0 and found.overlap_pct == 0


@pytest.mark.parametrize(
    ("gap_m", "contact"),
    [
        (0.0, Contact.ABUTS),
        (0.009, Contact.ABUTS),
        (0.011, Contact.CLOSE),
        (0.5, Contact.CLOSE),
        (1.0, Contact.CLOSE),
        (1.01, Contact.APART),
    ],
)
def test_a_shared_border_is_no_touch_but_is_said(gap_m: float, contact: Contact) -> None:
    (found,) = check(box(0, 0, 100, 100), redline(box(100 + gap_m, 0, 200, 100))).protected
    assert not found.touches and found.contact is contact
    assert found.distance_m == pytest.approx(gap_m)
    assert found.patches.empty


@pytest.mark.parametrize(
    ("depth_m", "touches"), [(0.005, False), (0.02, False), (0.0300, False), (0.0301, True), (1.0, True)]
)
def test_slivers_along_a_common_border_are_no_touch_but_are_shown(depth_m: float, touches: bool) -> None:
    # 100 m of border; without 1 cm on either side (0.03 − 0.02) · 99.98 m is just below 1 m²
    (found,) = check(box(0, 0, 100, 100), redline(box(100 - depth_m, 0, 200, 100))).protected
    assert found.touches is touches
    assert found.contact is (Contact.OVERLAP if touches else Contact.ABUTS)
    assert found.overlap_ha * 1e4 == pytest.approx(100 * depth_m)
    assert len(found.patches) == 1


@pytest.mark.parametrize(("side_m", "touches"), [(1.0, False), (1.019, False), (1.021, True), (2.0, True)])
def test_small_but_deep_overlap_touches(side_m: float, touches: bool) -> None:
    (found,) = check(box(0, 0, 100, 100), redline(box(100 - side_m, 0, 200, side_m))).protected
    assert found.touches is touches


def test_overlaps_with_several_patches_add_up() -> None:
    # 0.6 m² each without their borders
    (found,) = check(box(0, 0, 100, 100), redline(box(99.974, 0, 200, 100), box(-50, 0, 0.026, 100))).protected
    assert found.touches and found.overlap_ha * 1e4 == pytest.approx(5.2)


def test_a_kilometre_of_common_border_in_rounded_coordinates_is_no_touch() -> None:
    """Both sides hold the same border, one of them as an address keeps it (1e-7°, about a centimetre)."""
    random = np.random.default_rng(3)
    border = np.column_stack([np.linspace(0, 1000, 40), random.uniform(-30, 30, 40)])
    jittered = border + random.uniform(-0.005, 0.005, border.shape)
    above = shapely.Polygon([*border, (1000, 300), (0, 300)])
    below = shapely.Polygon([*jittered, (1000, -300), (0, -300)])
    (found,) = check(below, redline(above)).protected
    assert not found.touches and found.contact is Contact.ABUTS
    assert found.overlap_ha > 0


def test_an_empty_protected_layer_is_not_untouched() -> None:
    (found,) = check(box(0, 0, 10, 10), redline()).protected
    assert found.contact is Contact.UNKNOWN and not found.touches
    assert found.nearest is None and found.distance_m is None


def test_protected_points_and_lines_are_touched_when_inside() -> None:
    spring, stream = shapely.Point(5, 5), shapely.LineString([(0, 50), (100, 50)])
    inside = check(box(0, 0, 10, 10), redline(spring, stream)).protected[0]
    assert inside.touches and inside.overlap_ha == 0
    assert inside.patches["row"].tolist() == [0] and math.isnan(inside.patches["patch_pct"][0])
    assert not check(box(0, 5, 5, 10), redline(spring)).protected[0].touches  # on the border


def test_a_nameless_patch_is_called_by_its_record() -> None:
    (found,) = check(box(0, 0, 10, 10), redline(box(0, 0, 10, 10), name=[None])).protected
    assert found.patches["name"].tolist() == ["红线斑块（第 1 条）"]


def test_a_site_in_a_hole_does_not_touch() -> None:
    ring = box(0, 0, 100, 100) - box(40, 40, 60, 60)
    (found,) = check(box(45, 45, 55, 55), redline(ring)).protected
    assert not found.touches and found.distance_m == pytest.approx(5)


# --- carbon at stake ---


def test_stock_and_removal_by_shared_area() -> None:
    plots = forest(box(0, 0, 200, 100), box(200, 0, 400, 100), box(900, 0, 990, 90))
    (found,) = check(box(100, 0, 300, 50), plots).carbon
    # half a hectare of each of the first two plots
    assert found.plots["row"].tolist() == [0, 1]
    assert found.plots["name"].tolist() == ["小班 1-1", "小班 1-2"]
    assert found.plots["shared_ha"].tolist() == pytest.approx([0.5, 0.5])
    assert found.plots["share_pct"].tolist() == pytest.approx([25, 25])
    assert found.plots["stock_tc"].tolist() == pytest.approx([PINE_TC_HA / 2] * 2)
    assert found.area_ha == pytest.approx(1) and found.stock_tc == pytest.approx(PINE_TC_HA)
    assert found.removal_tco2_a == pytest.approx(NEW_RATE) and found.removal_unknown_ha == 0
    assert (found.unknown_plots, found.unknown_ha, found.contested_ha) == (0, 0, 0)
    assert found.inside_protected_stock_tc == 0


def test_the_interval_is_of_the_stock_on_the_site() -> None:
    plots = forest(box(0, 0, 200, 100), box(200, 0, 400, 100), species=["马尾松", "柏木"])
    (found,) = check(box(100, 0, 300, 50), plots).carbon
    for one in (found.estimate, found.approach1):
        assert one.low < found.stock_tc < one.high
        assert one.total == pytest.approx(found.stock_tc, rel=1e-12)
    # half of the first plot alone: the same relative width as the whole of it, and half the stock
    (half,), (whole,) = (check(box(x, 0, 200, 100), forest(box(0, 0, 200, 100))).carbon for x in (100, 0))
    assert half.approach1.high == pytest.approx(whole.approach1.high / 2)


def test_groups_of_species_and_kinds() -> None:
    squares = [box(100 * i, 0, 100 * i + 100, 100) for i in range(4)]
    plots = forest(
        *squares, species=["马尾松", "柏木", "马尾松", None], stand_kind=["新造林", "其他林地", "新造林", "其他林地"]
    )
    (found,) = check(box(0, 0, 400, 100), plots).carbon
    species = found.by_species.set_index("species")
    assert species["plots"].to_dict() == {"马尾松": 2, "柏木": 1, "未填": 1}
    assert species["area_ha"].to_dict() == pytest.approx({"马尾松": 2, "柏木": 1, "未填": 1})
    assert species.loc["马尾松", "stock_tc"] == pytest.approx(2 * PINE_TC_HA)
    assert math.isnan(species.loc["未填", "stock_tc"]) and math.isnan(species.loc["柏木", "removal_tco2_a"])
    assert species["stock_tc"].sum() == pytest.approx(found.stock_tc)
    kinds = found.by_kind.set_index("kind")
    assert kinds.loc["新造林", "rate_tco2_ha_a"] == pytest.approx(NEW_RATE)
    assert math.isnan(kinds.loc["其他林地", "rate_tco2_ha_a"])
    assert found.removal_tco2_a == pytest.approx(2 * NEW_RATE)
    assert found.removal_unknown_ha == pytest.approx(2)


def test_unknown_stock_is_counted_not_zeroed() -> None:
    squares = [box(0, 0, 100, 100), box(100, 0, 200, 100)]
    (some,) = check(box(0, 0, 150, 100), forest(*squares, volume_m3_ha=[60.0, None])).carbon
    assert (some.unknown_plots, some.unknown_ha) == (1, pytest.approx(0.5))
    assert some.stock_tc == pytest.approx(PINE_TC_HA) and some.area_ha == pytest.approx(1.5)
    (none,) = check(box(0, 0, 150, 100), forest(*squares, volume_m3_ha=[None, None], stand_kind=[None, None])).carbon
    assert math.isnan(none.stock_tc) and math.isnan(none.removal_tco2_a) and none.unknown_plots == 2


def test_no_plots_no_carbon() -> None:
    (found,) = check(box(500, 500, 600, 600), forest(box(0, 0, 100, 100))).carbon
    assert found.plots.empty and found.by_species.empty and found.by_kind.empty
    assert (found.area_ha, found.stock_tc, found.removal_tco2_a) == (0, 0, 0)
    assert (found.estimate.low, found.estimate.high) == (0, 0)


def test_plots_that_only_meet_the_border_are_not_affected() -> None:
    (found,) = check(box(100, 0, 200, 100), forest(box(0, 0, 100, 100))).carbon
    assert found.plots.empty


def test_a_sliver_of_a_plot_is_left_out_and_told() -> None:
    plots = forest(box(0, 0, 100, 100), box(100, 0, 200, 100))
    (found,) = check(box(0, 0, 100.01, 99), plots).carbon  # 0.99 m² of the second
    assert found.plots["row"].tolist() == [0]
    assert found.slivers_ha * 1e4 == pytest.approx(0.99)
    (found,) = check(box(0, 0, 100.02, 99), plots).carbon
    assert found.plots["row"].tolist() == [0, 1] and found.slivers_ha == 0


def test_ground_of_two_plots_counts_once() -> None:
    # the second plot is claimed by the first on half of its ground
    plots = forest(box(0, 0, 100, 100), box(50, 0, 150, 100), volume_m3_ha=[60.0, 0.0])
    (found,) = check(box(0, 0, 150, 100), plots).carbon
    assert found.area_ha == pytest.approx(1.5) and found.contested_ha == pytest.approx(0.5)
    assert found.stock_tc == pytest.approx(PINE_TC_HA)  # the first plot whole, the second has none
    assert found.plots["shared_ha"].tolist() == pytest.approx([1.0, 0.5])


def test_stock_inside_the_red_line_is_part_of_the_stock() -> None:
    plots = forest(box(0, 0, 100, 100), box(100, 0, 200, 100))
    result = check(box(0, 0, 200, 100), plots, redline(box(50, 0, 125, 100), box(110, 0, 150, 100)))
    assert result.carbon[0].inside_protected_stock_tc == pytest.approx(PINE_TC_HA)  # 50–150, once
    assert result.touches


# --- what lies near, and the site itself ---


def test_features_within_the_radius_nearest_first() -> None:
    places = [box(4000, 0, 5000, 1000), shapely.Point(0, -2000), box(0, 1100, 100, 1200), box(500, 0, 1500, 500)]
    named = {"name": ["远", "点", "北", "叠"], "location": ["已核", "示意", "推定", None]}
    (found,) = check(box(0, 0, 1000, 1000), layer("scenic", places, **named)).nearby
    assert found.radius_m == 3000
    table = found.features
    assert table["name"].tolist() == ["叠", "北", "点", "远"]  # exactly 3 km is within
    assert table["distance_m"].tolist() == pytest.approx([0, 100, 2000, 3000])
    assert table["direction"].tolist() == ["", "北", "南", "东"]
    assert table["overlap_ha"].tolist() == pytest.approx([25, 0, math.nan, 0], nan_ok=True)
    assert table["location"].tolist() == ["", "推定", "示意", "已核"]
    assert table["point"].tolist() == [False, False, True, False]


def test_beyond_the_radius_is_nothing() -> None:
    (found,) = check(box(0, 0, 10, 10), layer("scenic", [shapely.Point(3010.1, 5)], name=["远"])).nearby
    assert found.features.empty


@pytest.mark.parametrize(
    ("dx", "dy", "word"),
    [
        *((0, 1, "北"), (1, 1, "东北"), (1, 0, "东"), (1, -1, "东南")),
        *((0, -1, "南"), (-1, -1, "西南"), (-1, 0, "西"), (-1, 1, "西北"), (-0.3, 1, "北"), (-0.5, 1, "西北")),
    ],
)
def test_eight_directions(dx: float, dy: float, word: str) -> None:
    assert direction(shapely.LineString([(3, 4), (3 + dx, 4 + dy)])) == word


def test_size_and_part_outside_the_county() -> None:
    county = box(0, 0, 1000, 1000)
    assert check(box(900, 0, 1100, 100), county=county).inside_county_pct == pytest.approx(50)
    assert check(box(2000, 0, 2100, 100), county=county).inside_county_pct == 0
    assert check(box(0, 0, 10, 10), county=county).inside_county_pct == 100  # shares a border from inside
    assert check(box(0, 0, 10, 10)).inside_county_pct is None
    sized = check(box(0, 0, 200, 100))
    assert (sized.area_ha, sized.perimeter_m) == (2, 600)


def test_layers_without_a_part_are_passed_over() -> None:
    result = check(box(0, 0, 10, 10), layer("townships", [box(0, 0, 10, 10)], name=["甲镇"]))
    assert (result.protected, result.carbon, result.nearby) == ((), (), ())


@pytest.mark.parametrize(
    "area", [shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])]
)
def test_a_site_without_area_or_crossing_itself_is_refused(area: Any) -> None:
    with pytest.raises(PingchangError, match="面积"):
        check(area)


def test_the_mark_follows_the_layer() -> None:
    result = check(box(0, 0, 10, 10), layer("redline", [box(0, 0, 1, 1)], mark=True), forest(box(0, 0, 1, 1)))
    assert result.protected[0].mark and not result.carbon[0].mark


def test_the_layers_geometries_are_left_as_they_are() -> None:
    """They are shared between threads, and preparing them in place would not be safe."""
    plots, patches = forest(box(0, 0, 100, 100), box(50, 0, 150, 100)), redline(box(0, 0, 60, 60))
    check(box(0, 0, 200, 200), plots, patches)
    for found in (plots, patches):
        assert not shapely.is_prepared(found.geometries_m).any()


# --- properties ---

#: A county of 8 × 8 plots of 100 m, some of which overlap their neighbours, and three patches of which two overlap.
_SIDE = 8


def _county(seed: int, *, gaps: bool = True) -> tuple[SiteLayer, SiteLayer]:
    random = np.random.default_rng(seed)
    n = _SIDE**2
    corner = np.stack(np.meshgrid(np.arange(_SIDE), np.arange(_SIDE)), -1).reshape(-1, 2) * 100.0
    size = np.where(random.random((n, 1)) < 0.2, 130, 100 if not gaps else random.uniform(60, 100, (n, 1)))
    plots = shapely.box(corner[:, 0], corner[:, 1], *(corner + size).T)
    species = random.choice(["马尾松", "柏木", "栎类", "无此树种"], n)
    kinds = random.choice(["新造林", "森林经营林", "其他林地"], n)
    volume = np.where(random.random(n) < 0.1, np.nan, random.uniform(0, 150, n))
    low = random.uniform(0, 600, (3, 2))
    patches = shapely.box(*low.T, *(low + random.uniform(50, 300, (3, 2))).T)
    columns = {"species": species.tolist(), "stand_kind": kinds.tolist(), "volume_m3_ha": volume.tolist()}
    return forest(*plots, **columns), redline(*patches)


def _numbers(result: site.SiteResult) -> np.ndarray:
    """Everything that adds up over ground; unknown counts as nothing here."""
    (red,), (stake,) = result.protected, result.carbon
    sums = [stake.area_ha, stake.stock_tc, stake.removal_tco2_a, stake.unknown_ha, stake.removal_unknown_ha]
    sums += [stake.inside_protected_stock_tc, stake.contested_ha, red.overlap_ha, result.area_ha]
    return np.nan_to_num(np.array(sums))


def _slivers_ha(*results: site.SiteResult) -> float:
    return sum(result.carbon[0].slivers_ha for result in results)


#: No hectare here carries more than this of anything in ``_numbers`` (栎类 at 150 m³/ha has 85 tC).
_MOST_A_HA = 100.0


_places = st.tuples(st.floats(-50, 700), st.floats(-50, 700), st.floats(5, 400), st.floats(5, 400))


@settings(max_examples=40)
@given(st.integers(0, 10_000), _places, st.floats(0.05, 0.95), st.booleans())
def test_the_parts_of_a_divided_site_add_up(
    seed: int, place: tuple[float, float, float, float], at: float, upright: bool
) -> None:
    x, y, width, height = place
    whole, county = box(x, y, x + width, y + height), _county(seed)
    if upright:
        halves = box(x, y, x + at * width, y + height), box(x + at * width, y, x + width, y + height)
    else:
        halves = box(x, y, x + width, y + at * height), box(x, y + at * height, x + width, y + height)
    one, other, together = check(halves[0], *county), check(halves[1], *county), check(whole, *county)
    # but for plots of which a part shares no more than 1 m²
    slack = 1e-9 + _MOST_A_HA * _slivers_ha(one, other, together)
    np.testing.assert_allclose(_numbers(one) + _numbers(other), _numbers(together), rtol=1e-9, atol=slack)
    grounds = [result.carbon[0].area_ha + result.carbon[0].slivers_ha for result in (one, other, together)]
    assert grounds[0] + grounds[1] == pytest.approx(grounds[2], rel=1e-9, abs=1e-12)


_west = st.tuples(st.floats(-50, 100), st.floats(-50, 700), st.floats(5, 250), st.floats(5, 400))
_east = st.tuples(st.floats(360, 700), st.floats(-50, 700), st.floats(5, 250), st.floats(5, 400))


@settings(max_examples=20)
@given(st.integers(0, 10_000), _west, _east)
def test_a_site_of_two_parcels_is_both_of_them(
    seed: int, west: tuple[float, float, float, float], east: tuple[float, float, float, float]
) -> None:
    county = _county(seed)
    areas = [box(x, y, x + width, y + height) for x, y, width, height in (west, east)]
    one, other, together = (check(area, *county) for area in (*areas, shapely.MultiPolygon(areas)))
    slack = 1e-9 + _MOST_A_HA * _slivers_ha(one, other, together)
    np.testing.assert_allclose(_numbers(one) + _numbers(other), _numbers(together), rtol=1e-9, atol=slack)


@settings(max_examples=40)
@given(st.integers(0, 10_000), _places, st.floats(0, 200))
def test_a_larger_site_never_has_less(seed: int, place: tuple[float, float, float, float], more: float) -> None:
    x, y, width, height = place
    county = _county(seed)
    small = check(box(x, y, x + width, y + height), *county)
    large = check(box(x - more, y, x + width, y + height + more), *county)
    assert (_numbers(large) >= _numbers(small) - 1e-9).all()
    assert large.protected[0].touches >= small.protected[0].touches
    near, far = small.protected[0].distance_m or 0.0, large.protected[0].distance_m or 0.0
    assert far <= near + 1e-9


@settings(max_examples=40)
@given(st.integers(0, 10_000), _places, st.floats(0.1, 0.9))
def test_splitting_a_plot_changes_nothing(seed: int, place: tuple[float, float, float, float], at: float) -> None:
    x, y, width, height = place
    plots, patches = _county(seed)
    pieces, rows = [], []
    for row, plot in enumerate(plots.geometries_m):
        x0, y0, x1, y1 = plot.bounds
        cut = x0 + at * (x1 - x0)
        pieces += [box(x0, y0, cut, y1), box(cut, y0, x1, y1)]
        rows += [row, row]
    split = SiteLayer(
        plots.spec,
        plots.title,
        plots.frame.iloc[rows].reset_index(drop=True),
        np.array(pieces, dtype=object),
        shapely.STRtree(pieces),
        mark=False,
    )
    area = box(x, y, x + width, y + height)
    before, after = check(area, plots, patches), check(area, split, patches)
    slack = 1e-9 + _MOST_A_HA * _slivers_ha(before, after)
    np.testing.assert_allclose(_numbers(after), _numbers(before), rtol=1e-9, atol=slack)
    assert after.carbon[0].estimate.total == pytest.approx(before.carbon[0].estimate.total, rel=1e-9, abs=slack)


@settings(max_examples=25)
@given(st.integers(0, 10_000), _places)
def test_totals_are_those_of_the_tables(seed: int, place: tuple[float, float, float, float]) -> None:
    x, y, width, height = place
    result = check(box(x, y, x + width, y + height), *_county(seed))
    (stake,) = result.carbon
    assert stake.area_ha <= result.area_ha * (1 + 1e-9)
    for table in (stake.plots.rename(columns={"shared_ha": "area_ha"}), stake.by_species):
        assert table["area_ha"].sum() == pytest.approx(stake.area_ha)
        assert table["stock_tc"].sum() == pytest.approx(np.nan_to_num(stake.stock_tc))
        assert table["removal_tco2_a"].sum() == pytest.approx(np.nan_to_num(stake.removal_tco2_a))
    assert stake.by_kind["plots"].sum() == len(stake.plots) == stake.by_species["plots"].sum()
    assert np.nan_to_num(stake.inside_protected_stock_tc) <= np.nan_to_num(stake.stock_tc) * (1 + 1e-9)
