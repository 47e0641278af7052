"""The harness's arithmetic and page on made-up numbers; nothing is timed here."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from benchmarks import carbon, cold, compute, data, machine, sql
from benchmarks import site as site_benchmark
from benchmarks.figures import Figure, Result, at_least, at_most, compared, number, ratio
from benchmarks.report import Setting, render
from pingchang_geo.access import operator
from pingchang_geo.overlay import Pairs, overlaps
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow.atlas import Atlas, load
from pingchang_geo.workflow.publish import current_base, publish
from tests import layer_frames

SETTING = Setting("2026-11-22", "two cores", (("Python", "3.11"),), 0.1, 0.2, 12.4, 100_000, 1_000_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.2144, "0.214"),
        (3.416, "3.42"),
        (43.06, "43.1"),
        (1280.4, "1,280"),
        (2.9e-11, "2.9e-11"),
    ],
)
def test_number_shows_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_figure_keeps_all_repetitions() -> None:
    figure = Figure("drawn", "s", (3.0, 5.0, 4.0, 9.0))
    assert (figure.n, figure.median, figure.low, figure.high) == (4, 4.5, 3.0, 9.0)
    assert figure.text() == "4.50 s (3.00–9.00)"
    assert Figure("size", "MB", (7.3,)).text() == "7.30 MB"


def test_a_figure_without_measurements_is_an_error() -> None:
    with pytest.raises(ValueError, match="drawn"):
        Figure("drawn", "s", ())


def test_limits_belong_to_what_meets_them() -> None:
    assert at_most("time", 15.0, 15, "s").met
    assert not at_most("time", 15.01, 15, "s").met
    assert at_least("faster", 4.0, 4, "×").met
    assert not at_least("faster", 3.99, 4, "×").met
    check = at_least("theirs ÷ ours", 10.63, 4, "×")
    assert (check.target, check.reached) == ("theirs ÷ ours ≥ 4×", "10.6×")


def test_ratio_is_of_medians() -> None:
    assert ratio(Figure("a", "s", (6.0, 2.0, 100.0)), Figure("b", "s", (3.0, 4.0, 1.0))) == 2.0


def test_page_names_misses_and_keeps_every_figure() -> None:
    slow = Result(
        "cold",
        "Cold navigation",
        "How it is measured.",
        (Figure("a | b", "s", (3.0, 5.0)),),
        (
            at_most("ours ÷ empty", 1.7, 1.5, "×"),
            at_most("many ÷ few", 1.1, 2, "×"),
            compared("theirs ÷ ours", 8.0, "×"),
        ),
        ("a remark",),
    )
    text = render(SETTING, [slow])
    assert "| Cold navigation | ours ÷ empty ≤ 1.5× | 1.70× | **missed** |" in text
    assert "| Cold navigation | many ÷ few ≤ 2× | 1.10× | met |" in text
    assert "- **Cold navigation**: ours ÷ empty ≤ 1.5×, reached 1.70×." in text
    assert "| Cold navigation | theirs ÷ ours | 8.00× | for comparison |" in text
    assert text.count("- **Cold navigation**") == 1
    assert "- Cold navigation: a remark" in text
    assert r"| Cold navigation | a \| b | 2 | 4.00 s (3.00–5.00) |" in text
    assert "How it is measured." in text
    assert "No target was missed" not in text
    assert "2026-11-22" in text and "two cores" in text and "100,000, and 1,000,000" in text


def test_page_without_misses_says_so() -> None:
    fine = Result("tiles", "Tiles", "m", (Figure("t", "s", (1.0,)),), (at_most("time", 1.0, 15, "s"),))
    assert "No target was missed in this run." in render(SETTING, [fine])


def test_difference_counts_a_missing_pair_as_nothing_shared() -> None:
    one = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([10.0, 4.0]))
    # the same pair in two pieces, one pair missing, one of its own
    two = Pairs(np.array([0, 0, 2]), np.array([0, 0, 1]), np.array([6.0, 4.0, 0.5]))
    assert compute.difference_m2(one, two, 3) == 4.0
    assert compute.difference_m2(one, one, 3) == 0.0


def test_overlay_and_our_join_agree_on_hand_made_plots() -> None:
    plots = np.array([shapely.box(x, 0, x + 2, 2) for x in (0, 1, 4)], dtype=object)
    areas = np.array([shapely.box(-1, -1, 2, 3), shapely.box(2, -1, 7, 3)], dtype=object)
    mine = overlaps(plots, areas)
    assert dict(zip(zip(mine.left.tolist(), mine.right.tolist(), strict=True), mine.area_m2, strict=True)) == {
        (0, 0): 4.0,
        (1, 0): 2.0,
        (1, 1): 2.0,
        (2, 1): 4.0,
    }
    assert compute.difference_m2(mine, compute._geopandas(plots, areas), 2) == 0.0


def test_zones_fill_their_box_without_gaps_or_overlaps() -> None:
    found = data.zones(12)
    assert len(found) == 12
    assert shapely.is_valid(found).all()
    assert shapely.area(found).sum() == pytest.approx(shapely.area(shapely.union_all(found)), rel=1e-9)


def test_cold_results_compare_medians_and_name_other_hosts() -> None:
    sizes = {"plots": 100, "many_plots": 1000, "peer_small": 5, "peer_large": 20}
    pages = cold.variants({"app": "http://a", "many": "http://b", "peers": "http://c"}, sizes, 2, 1)
    seconds = {page.key: [30.0] for page in pages} | {"empty": [2.0, 4.0], "ours": [3.0, 6.0], "many": [9.0, 9.0]}
    heaps = {page.key: [30.0] * len(seconds[page.key]) for page in pages}
    own, peers = cold._results(pages, seconds, heaps, {page.key: set() for page in pages} | {"ours": {"far.example"}})
    assert [(check.reached, check.met) for check in own.checks] == [("1.50×", True), ("2.00×", True)]
    assert [(check.reached, check.met) for check in peers.checks] == [("6.67×", None)] * 3
    assert own.remarks == ("森林碳汇, 100 plots asked other hosts (far.example); they do not resolve here.",)
    assert {figure.label for figure in peers.figures if figure.unit == "s"} == {
        "folium.GeoJson, 5 plots: drawn",
        "folium.GeoJson, 20 plots: drawn",
        "pydeck GeoJsonLayer, 20 plots: drawn",
    }


def plots_of_every_rule() -> pd.DataFrame:
    """Raw plots of one hectare each, in the order of ``tC`` below."""
    rows = [
        ("马尾松", "乔木林地", 60.0),
        ("马尾松", "乔木林地", 0.0),
        ("马尾松", "未成林地", 60.0),
        ("马尾松", "乔木林地", None),
        ("马尾松", "乔木林地", -1.0),
        ("马尾松", "乔木林地", 1000.5),
        ("竹林", "竹林地", 30.0),
        ("竹林", "未成林地", None),
        (None, "特殊灌木林地", None),
        ("栎类", "一般灌木林地", 0.0),
        ("栎类", "一般灌木林地", 10.0),
        ("无此树种", "乔木林地", 50.0),
        ("无此树种", "采伐迹地", 0.0),
        ("柏木", None, 40.0),
    ]
    species, land_class, volume = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "row": range(len(rows)),
            "species": pd.Series(species, dtype=object),
            "kind": "新造林",
            "land_class": pd.Series(land_class, dtype=object),
            "volume": np.array(volume, dtype=float),
            "area_m2": 1e4,
        }
    )


#: By hand: (a·V + b)·0.47, without b at V = 0 and on 未成林地, values per hectare, NaN for what is not known.
TC = [
    *(23.85297, 0.0, 0.5034 * 60 * 0.47, np.nan, np.nan, np.nan),
    *(68.48 * 0.47, 0.0, 17.99 * 0.47, 17.99 * 0.47, (1.1453 * 10 + 8.5473) * 0.47),
    *(np.nan, 0.0, (0.6129 * 40 + 46.1451) * 0.47),
]


def test_the_other_engine_follows_every_rule() -> None:
    plots = plots_of_every_rule()
    pairs = pd.DataFrame({"row": plots["row"], "zone": plots["row"], "shared_m2": 5000.0})
    found = sql.totals(plots, {"halves": pairs}, "halves")
    wanted = {row: value / 2 for row, value in enumerate(TC) if not np.isnan(value)}
    assert found.zones["halves"] == pytest.approx(wanted)
    assert (found.stock_inside, found.stock_outside) == pytest.approx((np.nansum(TC) / 2, np.nansum(TC) / 2))
    assert found.stock_by_species["马尾松"] == pytest.approx(23.85297 + 0.5034 * 60 * 0.47)
    assert found.removal_by_kind == pytest.approx({"新造林": len(plots) * 15 * 15.84 / 26.41})
    shared = pd.DataFrame({"row": [0, 13], "shared_m2": [1e4, 2500.0]})
    area, stock, removal = sql.site_totals(plots, shared)
    assert (area, stock) == pytest.approx((1.25, TC[0] + TC[13] / 4))
    assert removal == pytest.approx(1.25 * 15 * 15.84 / 26.41)


def published(store: LocalStore) -> Atlas:
    """The tiny county with plots of every rule."""
    rules = plots_of_every_rule()
    frame = layer_frames.forest(len(rules), 1)
    for column, values in (("species", rules["species"]), ("land_class", rules["land_class"])):
        frame[column] = pd.Categorical(values)
    frame["volume_m3_ha"] = rules["volume"]
    base = current_base(store, "forest")
    publish(store, "forest", frame, provenance=layer_frames.OFFICIAL, actor=operator("张三"), note="", base=base)
    return load(store)


def test_our_totals_are_the_other_engines(store: LocalStore) -> None:
    result = carbon.independent(published(store))
    assert len(result.checks) == 6
    assert all(check.met for check in result.checks), [check.reached for check in result.checks]


def test_a_difference_between_the_engines_is_seen(store: LocalStore) -> None:
    atlas = published(store)
    data = atlas["forest"]
    plots = sql.raw_plots(data.frame, np.asarray(shapely.area(data.metres)))
    pairs = {layer: carbon._pairs(data.store, atlas, "forest", layer) for layer in ("redline", "scenic", "parks")}
    same = carbon.compare(atlas, sql.totals(plots, pairs, "redline"))
    assert max(same.values()) <= 1e-9
    plots.loc[0, "volume"] += 1e-4
    other = carbon.compare(atlas, sql.totals(plots, pairs, "redline"))
    assert other["stock by species"] > 1e-9 and other["stock of each zone of redline"] > 1e-9
    assert other["removal by kind"] <= 1e-9


def test_relative_difference_counts_what_one_side_lacks() -> None:
    assert sql.largest_difference({"a": 2.0, "b": 0.0}, {"a": 2.0}) == 0
    assert sql.largest_difference({"a": 2.0}, {"a": 2.0, "b": 1.0}) == 1
    assert sql.largest_difference({"a": 2.0, "b": float("nan")}, {"a": 1.0}) == 0.5


def test_site_of_the_tiny_county_agrees_with_geopandas_and_duckdb(store: LocalStore) -> None:
    atlas = published(store)
    area = shapely.box(107.104, 31.552, 107.163, 31.5581)
    assert site_benchmark.difference(atlas, area) <= 1e-9


def test_random_sites_have_a_hundred_vertices_and_grow(store: LocalStore) -> None:
    areas = site_benchmark.random_sites(load(store), 4)
    assert [shapely.get_num_coordinates(area) for area in areas] == [101] * 4
    assert all(shapely.is_valid(area) for area in areas)
    sizes = [area.area for area in areas]
    assert sizes == sorted(sizes) and sizes[-1] > 100 * sizes[0]


def test_peak_memory_is_measured() -> None:
    before = machine.peak_mb(reset=True)
    block = np.ones(20_000_000)
    assert machine.peak_mb() - before > 100
    del block


def test_every_ready_join_is_timed(store: LocalStore, tmp_path: Path) -> None:
    dataset = data.Dataset(12, tmp_path, store.root)
    result = carbon.joins(dataset, 2)
    labels = {figure.label for figure in result.figures}
    assert {"inside redline", "inside townships", "around scenic, three rings"} <= labels
    assert "parks and redline: distance and overlap" in labels
    whole, *parts = result.figures
    assert whole.n == 2 and whole.values == pytest.approx(
        [sum(values) for values in zip(*(part.values for part in parts), strict=True)]
    )
