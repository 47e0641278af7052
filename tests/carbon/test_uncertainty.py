"""Intervals: against the closed form of the IPCC equations, and against a simulation of every single plot."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from math import hypot, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import carbon
from pingchang_geo.carbon import FactorSet, Pools, approach1, monte_carlo, uncertainty
from pingchang_geo.carbon.factors import Scope, Uncertainty

SHIPPED = carbon.load("continuous-1")
CF = 0.47
SPECIES = ["马尾松", "马尾松", "柏木", "竹林", "柏木", "桉树"]
VOLUME = np.array([60.0, 110.0, 80.0, np.nan, 30.0, 50.0])
AREA = np.array([10.0, 4.0, 7.0, 12.0, 3.0, 100.0])
ESTABLISHED = np.array([True, True, True, True, False, True])
#: a and b of 马尾松 and 柏木, t d.m./ha of bamboo; the last plot of 柏木 has no b.
A, B, BAMBOO = {"马尾松": 0.5034, "柏木": 0.6129}, {"马尾松": 20.547, "柏木": 46.1451}, 68.48


def width(name: str, pct: float, scope: Scope) -> Uncertainty:
    return Uncertainty(id=name, label=name, half_width_pct=pct, scope=scope, source="试验", read_in="", verified=False)


def having(*widths: tuple[str, float, Scope]) -> FactorSet:
    return replace(SHIPPED, uncertainties=tuple(width(*one) for one in widths))


def pools(factors: FactorSet, share=None, repeat: int = 1) -> Pools:
    return Pools.of(
        SPECIES * repeat,
        np.tile(VOLUME, repeat),
        np.tile(AREA, repeat),
        factors,
        established=np.tile(ESTABLISHED, repeat),
        share=share,
    )


SYSTEMATIC = having(
    ("volume", 20.0, "stand_type"), ("expansion", 25.0, "stand_type"), ("carbon_fraction", 5.0, "all"),
    ("per_ha", 40.0, "stand_type"),
)  # fmt: skip
MIXED = having(
    ("volume", 10.0, "all"), ("volume", 60.0, "plot"), ("expansion", 15.0, "stand_type"), ("expansion", 50.0, "plot"),
    ("carbon_fraction", 5.0, "all"), ("per_ha", 30.0, "plot"),
)  # fmt: skip


def stocks() -> dict[str, float]:
    """Stock of each stand type, tC, by hand."""
    return {
        "马尾松": CF * (A["马尾松"] * (600 + 440) + B["马尾松"] * 14),
        "柏木": CF * (A["柏木"] * (560 + 90) + B["柏木"] * 7),
        "竹林": CF * BAMBOO * 12,
    }


def test_totals_are_the_sums_over_plots() -> None:
    found = pools(SYSTEMATIC)
    stock = carbon.stock_tc_ha(SPECIES, VOLUME, SYSTEMATIC, ESTABLISHED) * AREA
    assert found.stock_tc(SYSTEMATIC).sum() == pytest.approx(np.nansum(stock), rel=1e-12)
    assert approach1(found, SYSTEMATIC).total == pytest.approx(sum(stocks().values()), rel=1e-12)
    assert monte_carlo(found, SYSTEMATIC).total == approach1(found, SYSTEMATIC).total
    assert (found.unknown_plots, found.unknown_area_ha) == (1, 100.0)


def test_approach_1_is_equations_3_1_and_3_2_in_turn() -> None:
    stock = stocks()
    half = {}
    for name, volume_m3, area in (("马尾松", 1040, 14), ("柏木", 650, 7)):
        by_volume, by_area = A[name] * volume_m3, B[name] * area
        in_biomass = 20.0 * by_volume / (by_volume + by_area)  # sum (3.2) with a part that has no error
        half[name] = hypot(in_biomass, 25.0)  # product (3.1)
    half["竹林"] = 40.0
    total = sum(stock.values())
    in_sum = sqrt(sum((half[name] * stock[name]) ** 2 for name in stock)) / total  # sum over stand types (3.2)
    expected = hypot(in_sum, 5.0)  # times the one carbon fraction (3.1)
    found = approach1(pools(SYSTEMATIC), SYSTEMATIC)
    assert found.half_width_pct == pytest.approx(expected, rel=1e-12)
    assert found.low == pytest.approx(total * (1 - expected / 100))
    assert found.high == pytest.approx(total * (1 + expected / 100))
    assert (found.draws, found.seed) == (0, None)


def test_shares_of_approach_1_by_hand() -> None:
    stock = stocks()
    squares = {
        "volume": sum((0.20 * CF * A[n] * v) ** 2 for n, v in (("马尾松", 1040), ("柏木", 650))),
        "expansion": sum((0.25 * stock[n]) ** 2 for n in ("马尾松", "柏木")),
        "carbon_fraction": (0.05 * sum(stock.values())) ** 2,
        "per_ha": (0.40 * stock["竹林"]) ** 2,
    }
    found = dict(approach1(pools(SYSTEMATIC), SYSTEMATIC).contributions)
    assert found == pytest.approx({n: 100 * s / sum(squares.values()) for n, s in squares.items()})


def by_plot(factors: FactorSet, draws: int, seed: int, repeat: int = 1) -> np.ndarray:
    """Totals of a simulation that draws every plot's errors one by one; knows nothing of pools."""
    rng = np.random.default_rng(seed)
    known = [i for i in range(len(SPECIES)) if SPECIES[i] in {*A, "竹林"}] * repeat
    types = sorted({SPECIES[i] for i in known})

    def errors(name: str) -> np.ndarray:
        product = np.ones((len(known), draws))
        for one in factors.uncertainty(name):
            sigma = one.half_width_pct / 100 / 1.959963984540054
            count = {"all": 1, "stand_type": len(types), "plot": len(known)}[one.scope]
            drawn = 1 + sigma * rng.standard_normal((count, draws))
            rows = {"all": [0] * len(known), "plot": range(len(known))}.get(
                one.scope, [types.index(SPECIES[i]) for i in known]
            )
            product *= drawn[list(rows)]
        return product

    volume, expansion, fraction, per_ha = (errors(n) for n in ("volume", "expansion", "carbon_fraction", "per_ha"))
    totals = np.zeros(draws)
    for k, i in enumerate(known):
        if SPECIES[i] == "竹林":
            totals += CF * fraction[k] * BAMBOO * per_ha[k] * AREA[i]
        else:
            intercept = B[SPECIES[i]] if ESTABLISHED[i] else 0.0
            biomass = (A[SPECIES[i]] * VOLUME[i] * volume[k] + intercept) * expansion[k]
            totals += CF * fraction[k] * biomass * AREA[i]
    return totals


@pytest.mark.parametrize(("factors", "repeat"), [(SYSTEMATIC, 1), (MIXED, 10)], ids=["systematic", "mixed"])
def test_monte_carlo_equals_a_simulation_of_every_plot(factors: FactorSet, repeat: int) -> None:
    """Fifty plots where errors are each plot's own: the sum of such errors is drawn as normal, which few are not."""
    draws = 100_000
    expected = by_plot(factors, draws, seed=1, repeat=repeat)
    found = monte_carlo(pools(factors, repeat=repeat), factors, draws=draws, seed=2)
    low, high = np.quantile(expected, [0.025, 0.975])
    # A quantile of 100,000 draws is known to about 0.2 % of the interval's width.
    assert found.low == pytest.approx(low, abs=0.01 * (high - low))
    assert found.high == pytest.approx(high, abs=0.01 * (high - low))


def test_a_plots_own_error_has_its_exact_variance() -> None:
    """Both inputs err by plot: Var = x²·p² + y²·(p + q)² + x²·y²·p², summed over the plots."""
    factors = having(("volume", 60.0, "plot"), ("expansion", 50.0, "plot"))
    drawn = uncertainty._drawn(
        uncertainty._Lines.of(pools(factors), factors), pools(factors), list(factors.uncertainties), 400_000, 5
    )
    x, y = 0.60 / 1.959963984540054, 0.50 / 1.959963984540054
    variance = 0.0
    for i in (0, 1, 2, 4):
        p = A[SPECIES[i]] * VOLUME[i] * AREA[i]
        whole = p + (B[SPECIES[i]] if ESTABLISHED[i] else 0.0) * AREA[i]
        variance += CF**2 * (x**2 * p**2 + y**2 * whole**2 + x**2 * y**2 * p**2)
    assert drawn.std() == pytest.approx(sqrt(variance), rel=0.01)
    assert drawn.mean() == pytest.approx(sum(stocks().values()), rel=0.002)


def test_both_approaches_agree_where_errors_are_small() -> None:
    small = having(
        ("volume", 4.0, "stand_type"), ("expansion", 5.0, "stand_type"), ("carbon_fraction", 2.0, "all"),
        ("per_ha", 6.0, "stand_type"),
    )  # fmt: skip
    one, two = approach1(pools(small), small), monte_carlo(pools(small), small, draws=200_000)
    assert two.half_width_pct == pytest.approx(one.half_width_pct, rel=0.02)
    assert dict(two.contributions) == pytest.approx(dict(one.contributions), abs=1.0)


def test_errors_of_a_stand_type_do_not_average_out() -> None:
    """A hundred like plots are as uncertain as one, unless the error is declared to be each plot's own."""
    for scope, expected in (("stand_type", 20.0), ("all", 20.0), ("plot", 2.0)):
        factors = having(("expansion", 20.0, scope))
        many = Pools.of(["柏木"] * 100, np.full(100, 80.0), np.full(100, 2.0), factors)
        assert approach1(many, factors).half_width_pct == pytest.approx(expected)
        assert monte_carlo(many, factors, draws=50_000).half_width_pct == pytest.approx(expected, rel=0.02)


@given(st.lists(st.floats(0.01, 0.99), min_size=6, max_size=6))
def test_splitting_plots_changes_nothing(parts: list[float]) -> None:
    part = np.array(parts)
    split = Pools.of(
        SPECIES * 2,
        np.tile(VOLUME, 2),
        np.concatenate([AREA * part, AREA * (1 - part)]),
        SYSTEMATIC,
        established=np.tile(ESTABLISHED, 2),
    )
    for estimate in (approach1, lambda p, f: monte_carlo(p, f, draws=500)):
        one, two = estimate(pools(SYSTEMATIC), SYSTEMATIC), estimate(split, SYSTEMATIC)
        assert (two.total, two.low, two.high) == pytest.approx((one.total, one.low, one.high), rel=1e-9)


def test_a_share_of_a_plot_is_a_plot_of_that_area() -> None:
    share = np.array([0.5, 0.0, 1.0, 0.25, 2.0, 0.0])
    part, whole = pools(MIXED, share), replace(MIXED)
    alone = Pools.of(SPECIES, VOLUME, AREA * np.clip(share, 0, 1), whole, established=ESTABLISHED)
    assert monte_carlo(part, MIXED) == monte_carlo(alone, whole)
    assert part.unknown_plots == 0  # the unknown plot has no part in it


def test_the_seed_decides() -> None:
    found = pools(SHIPPED)
    assert monte_carlo(found, SHIPPED) == monte_carlo(found, SHIPPED)
    assert monte_carlo(found, SHIPPED, seed=1).low != monte_carlo(found, SHIPPED, seed=2).low
    estimate = monte_carlo(found, SHIPPED, draws=100, seed=7)
    assert (estimate.draws, estimate.seed) == (100, 7)


def test_never_below_zero() -> None:
    wide = having(("volume", 100.0, "plot"), ("expansion", 100.0, "all"), ("carbon_fraction", 100.0, "all"))
    one = Pools.of(["柏木"], [80.0], [1.0], wide)
    lines = uncertainty._Lines.of(one, wide)
    assert uncertainty._drawn(lines, one, list(wide.uncertainties), 20_000, 3).min() >= 0
    assert monte_carlo(one, wide).low >= 0
    assert approach1(one, wide).low == 0


@pytest.mark.parametrize("factors", carbon.sets(), ids=lambda one: one.id)
@pytest.mark.parametrize("estimate", [approach1, monte_carlo])
def test_shares_add_up(factors: FactorSet, estimate) -> None:
    found = estimate(pools(factors), factors)
    assert sum(share for _, share in found.contributions) == pytest.approx(100)
    shares = [share for _, share in found.contributions]
    assert shares == sorted(shares, reverse=True)
    assert {label for label, _ in found.contributions} == {"蓄积", "换算参数", "含碳率", "单位面积生物量"}
    assert found.low < found.total < found.high


@pytest.mark.parametrize("estimate", [approach1, monte_carlo])
def test_inputs_that_move_nothing_are_no_source(estimate) -> None:
    """Rounding of the draws of inputs without a part in the stock is left out; what has a small part is not."""
    pine = Pools.of(["马尾松"], [60.0], [10.0], SHIPPED)
    assert {label for label, _ in estimate(pine, SHIPPED).contributions} == {"蓄积", "换算参数", "含碳率"}
    bamboo = Pools.of(["竹林"], [np.nan], [10.0], SHIPPED)
    assert {label for label, _ in estimate(bamboo, SHIPPED).contributions} == {"单位面积生物量", "含碳率"}
    both = Pools.of(["马尾松", "竹林"], [60.0, np.nan], [1000.0, 1.0], SHIPPED)
    shares = dict(estimate(both, SHIPPED).contributions)
    assert 0 < shares["单位面积生物量"] < 0.01


def test_an_input_with_two_scopes_is_named_twice() -> None:
    labels = [label for label, _ in approach1(pools(MIXED), MIXED).contributions]
    assert "volume（逐小班）" in labels and "volume（全部一致）" in labels and "carbon_fraction" in labels


@pytest.mark.parametrize("estimate", [approach1, monte_carlo])
def test_no_plots_no_stock(estimate) -> None:
    found = estimate(Pools.of([], [], [], SHIPPED), SHIPPED)
    assert (found.total, found.low, found.high, found.half_width_pct) == (0, 0, 0, 0)
    assert found.contributions == ()


def test_pools_belong_to_their_set() -> None:
    with pytest.raises(ValueError, match="continuous-1"):
        approach1(pools(SHIPPED), carbon.load("ipcc-1"))


def test_the_official_rates_have_an_interval() -> None:
    # Half width 50 %. One report's lines err together: 350 of 700; independent: 0.5 · √(300² + 400²) = 250 of 700
    removals = {"新造林": 300.0, "森林经营林": 400.0, "其他林地": np.nan}
    found = uncertainty.official_removal(removals, SHIPPED)
    assert (found.total, found.low, found.high) == pytest.approx((700.0, 350.0, 1050.0))
    (rate,) = SHIPPED.uncertainty("official_rate")
    others = [row for row in SHIPPED.uncertainties if row is not rate]
    apart = replace(SHIPPED, uncertainties=(*others, replace(rate, scope="stand_type")))
    found = uncertainty.official_removal(removals, apart)
    assert (found.total, found.low, found.high) == pytest.approx((700.0, 450.0, 950.0))


def test_the_simulation_of_many_plots_needs_little_memory() -> None:
    count = 100_000
    rng = np.random.default_rng(0)
    species = rng.choice(sorted(SHIPPED.pool_of_species), count)
    many = Pools.of(species, rng.gamma(3, 25, count), rng.gamma(2, 2, count), SHIPPED)
    tracemalloc.start()
    monte_carlo(many, SHIPPED, draws=10_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
