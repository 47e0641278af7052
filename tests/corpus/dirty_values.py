"""Dirty files: what people do to values, columns and keys."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from tests.corpus import parts, sample
from tests.corpus.case import accept, confirm, reject, repair
from tests.corpus.good_formats import redline


def _texts(values: object, form: str = "{:,.1f}") -> list[str]:
    return [form.format(float(value)) for value in values]  # type: ignore[attr-defined]


@accept(same=True, never=["NUMBER_UNREADABLE"])
def numbers_with_thousands_separators(folder: Path) -> Path:
    """Numbers pasted from a spreadsheet as text: "12,345.6"."""
    frame = sample.forest()
    return sample.by_hand(
        frame.assign(MIAN_JI=_texts(frame["MIAN_JI"], "{:,.2f}"), HUO_LMGQXJ=_texts(frame["HUO_LMGQXJ"])), folder
    )


@accept(same=True, never=["NUMBER_UNREADABLE"])
def full_width_digits(folder: Path) -> Path:
    """Typed with a Chinese input method: full-width digits, points and commas."""
    wide = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
    frame = sample.forest()
    return sample.by_hand(
        frame.assign(
            HUO_LMGQXJ=[text.translate(wide) for text in _texts(frame["HUO_LMGQXJ"])],
            YOU_SHI_SZ=[text.translate(wide) for text in frame["YOU_SHI_SZ"]],
            QI_YUAN=[text.translate(wide) for text in frame["QI_YUAN"]],
        ),
        folder,
    )


@repair("UNIT_IN_VALUES", same=True)
def units_behind_the_numbers(folder: Path) -> Path:
    """Somebody typed the unit into the cells: "4.03方/亩", "12.3 亩", "55%"."""
    frame = sample.forest()
    return sample.by_hand(
        frame.assign(
            HUO_LMGQXJ=_texts(frame["HUO_LMGQXJ"] / 15, "{:.6f}方/亩"),
            MIAN_JI=_texts(frame["MIAN_JI"] * 15, "{:.1f} 亩"),
            YU_BI_DU=_texts(frame["YU_BI_DU"] * 100, "{:.0f}%"),
        ),
        folder,
    )


_FACTORS = {"亩": 15, "m²": 1e4, "km²": 0.01}


@confirm("AREA_UNIT_INFERRED", same=True, each=_FACTORS, never=["AREA_DIFFERS"])
def area_in_another_unit(folder: Path, value: str) -> Path:
    """The column does not say its unit; the geometry does, and the analyst is asked."""
    frame = sample.forest()
    return sample.shapefile(frame.assign(MIAN_JI=(frame["MIAN_JI"] * _FACTORS[value]).round(6)), folder)


@accept("AREA_UNIT_INFERRED", same=True, each=_FACTORS, answers={"AREA_UNIT_INFERRED": "是"})
def area_in_another_unit_confirmed(folder: Path, value: str) -> Path:
    """The same after the analyst has agreed."""
    return area_in_another_unit(folder, value)


@accept(same=True, each=("面积（亩）", "面积_亩", "小班面积(亩)"), never=["AREA_UNIT_INFERRED", "AREA_RATIO"])
def area_unit_in_the_column_name(folder: Path, value: str) -> Path:
    """The column's name says 亩, and so does the geometry: nothing to ask."""
    frame = sample.forest().rename(columns={"MIAN_JI": value})
    return sample.geopackage(frame.assign(**{value: frame[value] * 15}), folder / "a.gpkg")


@confirm("AREA_RATIO", same=True, each=("面积_公顷", "面积（公顷）", "XBMJ_HA"))
def area_in_mu_labelled_hectares(folder: Path, value: str) -> Path:
    """The column was renamed, its numbers were not converted: 15 times too large."""
    frame = sample.forest().rename(columns={"MIAN_JI": value})
    return sample.geopackage(frame.assign(**{value: frame[value] * 15}), folder / "a.gpkg")


@confirm("SCALE_MIXED", rows=sample.ROWS)
def canopy_in_percent_here_and_there(folder: Path) -> Path:
    """Two crews, two habits: 0.7 beside 70 in one column."""
    frame = sample.forest()
    mixed = np.where(np.arange(len(frame)) % 3 > 0, (frame["YU_BI_DU"] * 100).round(), frame["YU_BI_DU"])
    return sample.shapefile(frame.assign(YU_BI_DU=mixed), folder)


@accept("AREA_DIFFERS")
def area_not_updated_after_a_split(folder: Path) -> Path:
    """Three compartments were cut, their area column still holds the old value."""
    frame = sample.forest()
    frame.loc[[3, 4, 5], "MIAN_JI"] *= 1.6
    return sample.shapefile(frame, folder)


@confirm("AREA_RATIO")
def area_field_ten_times_too_large(folder: Path) -> Path:
    """A slipped decimal point in a calculation: no unit explains the factor."""
    frame = sample.forest()
    return sample.shapefile(frame.assign(MIAN_JI=frame["MIAN_JI"] * 10), folder)


@confirm("AREA_RATIO", layer="redline", each=(15 / 1e4, 1e-4))
def red_line_area_in_the_wrong_unit(folder: Path, value: float) -> Path:
    """MJ has to be square metres by the standard; here it is 亩 (1 : 666.67) or hectares (1 : 10⁴)."""
    frame = redline()
    area = shapely.area(frame.geometry.array) * value
    return sample.shapefile(frame.assign(BSM=[str(i) for i in range(8)], MJ=area.round(4), MC="红线"), folder)


@confirm("VOLUME_RATIO", "AREA_UNIT_INFERRED")
def volume_per_mu(folder: Path) -> Path:
    """The old habit of volume per 亩 in the column for volume per hectare; the total gives it away."""
    frame = sample.dialect_b()
    return sample.shapefile(frame.assign(mei_gq_xj=frame["mei_gq_xj"] / 15), folder)


@accept("VOLUME_DERIVED", answers={"AREA_UNIT_INFERRED": ""})
def only_the_total_volume(folder: Path) -> Path:
    """No volume per hectare, but the total of each compartment."""
    return sample.shapefile(sample.dialect_b().drop(columns="mei_gq_xj"), folder)


@reject("FIELD_REQUIRED", never=["VOLUME_DERIVED"])
def diameter_instead_of_volume(folder: Path) -> Path:
    """PINGJUN_XJ is the mean diameter in cm. It must never be taken for volume."""
    return sample.shapefile(sample.forest().drop(columns="HUO_LMGQXJ"), folder)


@reject("FIELD_REQUIRED", each=("YOU_SHI_SZ", "HUO_LMGQXJ"), never=["VALUE_ALL_MISSING"])
def required_column_missing(folder: Path, value: str) -> Path:
    """Only the "important" columns were exported."""
    return sample.shapefile(sample.forest().drop(columns=value), folder)


@confirm("KEY_COLUMN_MISSING", same=True, never=["KEY_DUPLICATE"])
def compartments_without_numbers(folder: Path) -> Path:
    """The column with the numbers was not exported: features can only be told apart by where they lie."""
    return sample.shapefile(sample.forest().drop(columns="XIAO_BAN"), folder)


@confirm("KEY_COLUMN_MISSING", same=True)
def dialect_c_without_its_identifier(folder: Path) -> Path:
    """Only the stand attributes of the asset inventory."""
    frame = sample.dialect_c()
    names = ["YSSZ", "QY", "YBD", "PJNL", "LING_ZU", "PJSG", "PJXJ", "GQXJ", "ZTBXJ", "ZTBMJ", "STBHHXMJ", "geometry"]
    return sample.shapefile(frame[names], folder)


@confirm("VALUE_ALL_MISSING")
def volume_column_empty(folder: Path) -> Path:
    """The template was delivered before the field work was entered."""
    return sample.by_hand(sample.forest().assign(HUO_LMGQXJ=None), folder)


@accept("VALUE_MISSING")
def some_volumes_missing(folder: Path) -> Path:
    """Blank cells, and stars where a number was too wide for its field."""
    frame = sample.forest()
    frame["HUO_LMGQXJ"] = _texts(frame["HUO_LMGQXJ"])
    frame.loc[[1, 2], "HUO_LMGQXJ"] = ["", "*******"]
    return sample.by_hand(frame, folder)


@accept(same=True, never=["CODE_UNKNOWN"])
def codes_that_lost_their_zeros(folder: Path) -> Path:
    """Through a spreadsheet 0111 became 111 and 0001 became 1.0."""
    frame = sample.forest()
    frame["DI_LEI"] = frame["DI_LEI"].str.lstrip("0")
    frame["XIAO_BAN"] = frame["XIAO_BAN"].astype(int).astype(str) + ".0"
    frame["LING_ZU"] = frame["LING_ZU"] + ".0"
    return sample.by_hand(frame, folder)


@accept(same=True, never=["CODE_UNKNOWN"])
def species_times_a_thousand(folder: Path) -> Path:
    """The newer code table has six digits: 220000 for 220."""
    return sample.shapefile(sample.forest().assign(YOU_SHI_SZ=lambda f: f["YOU_SHI_SZ"] + "000"), folder)


@accept(same=True, never=["CODE_UNKNOWN", "CATEGORY_NEW"])
def names_instead_of_codes(folder: Path) -> Path:
    """Codes were already replaced by names, with a blank here and there."""
    frame = sample.forest()
    frame["YOU_SHI_SZ"] = frame["YOU_SHI_SZ"].map(sample.SPECIES) + " "
    frame["QI_YUAN"] = frame["QI_YUAN"].map({"11": "天然林", "21": "人工林"})
    frame["LING_ZU"] = frame["LING_ZU"].map(dict(zip("12345", ("幼龄", "中龄", "近熟", "成熟", "过熟"), strict=True)))
    return sample.by_hand(frame, folder)


@accept("CODE_UNKNOWN")
def species_codes_of_the_province(folder: Path) -> Path:
    """Three compartments carry a code that no table has."""
    frame = sample.forest()
    frame.loc[[0, 1, 2], "YOU_SHI_SZ"] = "987"
    return sample.shapefile(frame, folder)


@repair("SCALE_CONVERTED", same=True, each=(100, 10))
def canopy_in_percent_or_tenths(folder: Path, value: int) -> Path:
    """Canopy as 65 or as 6.5 instead of 0.65."""
    return sample.shapefile(sample.forest().assign(YU_BI_DU=lambda f: (f["YU_BI_DU"] * value).round(2)), folder)


@confirm("VALUES_MIXED")
def townships_as_codes_and_names(folder: Path) -> Path:
    """Two townships were appended from another file that has codes where the first has names."""
    frame = sample.forest()
    frame.loc[frame.index[:10], "XIANG"] = "101"
    return sample.shapefile(frame, folder)


@accept(never=["VALUES_MIXED"], each=("101", "511923101", "511923101204"))
def townships_as_codes(folder: Path, value: str) -> Path:
    """Codes of three, nine or twelve digits throughout."""
    return sample.shapefile(sample.forest().assign(XIANG=value, CUN="204"), folder)


@confirm("KEY_DUPLICATE")
def compartment_numbers_twice(folder: Path) -> Path:
    """A compartment was split and both halves kept the number."""
    frame = sample.forest()
    frame.loc[7, "XIAO_BAN"] = frame.loc[8, "XIAO_BAN"]
    return sample.shapefile(frame, folder)


@confirm("KEY_MISSING")
def compartment_numbers_blank(folder: Path) -> Path:
    """New compartments without a number yet."""
    frame = sample.forest()
    frame.loc[[7, 9], "XIAO_BAN"] = ""
    return sample.by_hand(frame, folder)


@reject("VALUE_NEGATIVE")
def negative_volume(folder: Path) -> Path:
    """−1 as somebody's sign for "not measured"."""
    frame = sample.forest()
    frame.loc[11, "HUO_LMGQXJ"] = -1
    return sample.shapefile(frame, folder)


@confirm("VALUE_LIMITS")
def volume_beyond_any_forest(folder: Path) -> Path:
    """Total volume typed into the column for volume per hectare, in two rows: it would go into every sum."""
    frame = sample.forest()
    frame.loc[[2, 3], "HUO_LMGQXJ"] = [48_000.0, 5_200.0]
    return sample.shapefile(frame, folder)


@accept("VALUE_LIMITS")
def diameter_in_millimetres(folder: Path) -> Path:
    """A slip in a column that no figure rests on."""
    frame = sample.forest()
    frame.loc[2, "PINGJUN_XJ"] = 215.0
    return sample.shapefile(frame, folder)


@confirm("FIELD_UNSURE")
def chinese_names_cut_by_utf8(folder: Path) -> Path:
    """ArcGIS Pro writes UTF-8: three characters are left of each name, and 每公顷 could be volume or stems."""
    return sample.shapefile(sample.chinese(), folder, encoding="utf-8", cpg=True)


@accept(same=True, never=["FIELD_REQUIRED"], answers={"MAPPING": "volume_m3_ha=V"})
def column_named_by_the_analyst(folder: Path) -> Path:
    """A name no table has; the analyst says which field it is."""
    return sample.shapefile(sample.forest().rename(columns={"HUO_LMGQXJ": "V"}), folder)


@accept("DBF_DELETED", same=True)
def deleted_records(folder: Path) -> Path:
    """Records were deleted in a table editor but the file never packed."""
    return sample.by_hand(sample.forest(), folder, deleted=[4, 17])


@accept(same=True)
def column_name_twice(folder: Path) -> Path:
    """A join left two columns of the same (cut) name."""
    frame = sample.forest()
    names = [name for name in frame if name != "geometry"]
    fields: list[parts.Field] = [(name, "C", 24, 0) for name in [*names, "BEIZHU"]]
    rows = [(*(str(row[name]) for name in names), "又一列") for _, row in frame.iterrows()]
    contents = [sample.record(shape) for shape in frame.geometry]
    return parts.write_set(folder, contents, parts.dbf(fields, rows), prj=sample.esri(4524))


@confirm("ENCODING_UNSURE")
def half_gbk_half_utf8(folder: Path) -> Path:
    """Two tables of different encodings were appended by a script: no encoding explains all of it."""
    frame = sample.forest()
    columns = {name: [str(v) for v in frame[name]] for name in frame if name != "geometry"}
    text = [v.encode("gbk" if i % 2 else "utf-8") for i, v in enumerate(columns.pop("XIANG"))]
    table = parts.table_of({**columns, "XIANG": text})
    return parts.write_set(folder, [sample.record(s) for s in frame.geometry], table, prj=sample.esri(4524))


@reject("LAYER_WRONG", "FIELDS_NONE", layer="redline")
def forest_sent_as_red_line(folder: Path) -> Path:
    """The wrong layer was chosen in the list."""
    return sample.shapefile(sample.forest(), folder)


@reject("FIELDS_NONE", never=["VALUE_ALL_MISSING"])
def nothing_that_is_known(folder: Path) -> Path:
    """A drawing without a single known column."""
    frame = gpd.GeoDataFrame({"Id": np.arange(5), "图层": "0"}, geometry=redline(5).geometry.array, crs=4524)
    return sample.shapefile(frame, folder)


@reject("ROWS_NONE")
def no_rows_at_all(folder: Path) -> Path:
    """Exported with a filter that nothing passed."""
    return sample.shapefile(sample.forest().iloc[:0], folder)


@accept(rows=3)
def text_that_looks_like_a_formula(folder: Path) -> Path:
    """Remarks that a spreadsheet would run; they are data and stay as they came."""
    return sample.by_hand(sample.forest().iloc[:3].assign(CUN=["=1+1", "@SUM(A1)", "＝cmd|' /C calc'!A0"]), folder)
