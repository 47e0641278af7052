"""Good files: dialects, encodings and ways of packing. Content is the sample forest, whatever it looks like."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.corpus import parts, sample
from tests.corpus.case import accept, confirm, repair


@accept("ENCODING_GUESSED", same=True, encoding="GB18030", epsg=4524, rows=sample.ROWS)
def dialect_a_gbk_without_cpg(folder: Path) -> Path:
    """The county's forestry bureau exports with ArcMap 10.0: GBK, no code page file."""
    return sample.shapefile(sample.forest(), folder)


@accept(same=True, never=["ENCODING_GUESSED"], encoding="GBK")
def dialect_a_gbk_with_cpg(folder: Path) -> Path:
    """The same with a code page file that says GBK."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_suffix(".cpg").write_text("GBK")
    return shp


@accept(same=True, each=["936", "CP936", "ANSI 936", "OEM 936", "GB2312", "gbk\r\n"], encoding="GBK")
def code_page_as_people_spell_it(folder: Path, value: str) -> Path:
    """Each program writes the name of the same code page in its own way."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_suffix(".cpg").write_text(value)
    return shp


@accept("ENCODING_GUESSED", same=True, each=["OEM", "System", "", "未知"], encoding="GB18030")
def code_page_that_says_nothing(folder: Path, value: str) -> Path:
    """ArcGIS writes OEM and QGIS System: whatever the writer's computer was set to."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_suffix(".cpg").write_text(value, "utf-8")
    return shp


@accept(same=True, never=["ENCODING_GUESSED"], encoding="UTF-8")
def utf8_with_cpg(folder: Path) -> Path:
    """The forestry institute exports with QGIS: UTF-8 and a code page file that says so."""
    return sample.shapefile(sample.forest(), folder, encoding="utf-8", cpg=True)


@accept("ENCODING_GUESSED", same=True, encoding="UTF-8")
def utf8_without_cpg(folder: Path) -> Path:
    """UTF-8 from ArcGIS Pro; somebody mailed only .shp, .shx, .dbf and .prj."""
    return sample.shapefile(sample.forest(), folder, encoding="utf-8")


@accept("ENCODING_CPG_WRONG", same=True, each=["UTF-8", "ISO-8859-1", "1252", "BIG5"], encoding="GB18030")
def gbk_with_a_lying_cpg(folder: Path, value: str) -> Path:
    """The table was edited in Excel or WPS (GBK), the code page file is older and of another program."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_suffix(".cpg").write_text(value)
    return shp


@accept("ENCODING_CPG_WRONG", same=True, each=["GBK", "936", "ISO-8859-1"], encoding="UTF-8")
def utf8_with_a_lying_cpg(folder: Path, value: str) -> Path:
    """A colleague added a .cpg by hand because that helped with another file."""
    shp = sample.shapefile(sample.forest(), folder, encoding="utf-8")
    shp.with_suffix(".cpg").write_text(value)
    return shp


@accept("ENCODING_GUESSED", same=True, encoding="GB18030")
def gb18030_with_rare_characters(folder: Path) -> Path:
    """Village names with characters that GBK does not have (four bytes in GB18030)."""
    frame = sample.forest().assign(CUN=lambda f: f["CUN"] + "\U00020c78坪")
    return sample.by_hand(frame, folder, codec="gb18030")


@accept("ENCODING_GUESSED", same=True, encoding="UTF-8")
def utf8_cut_inside_a_character(folder: Path) -> Path:
    """Long remarks were cut by the field's width, in the middle of a character."""
    frame = sample.forest().assign(BEIZHU="二〇二四年度森林资源一张图更新调查外业复核补充说明" * 6)
    return sample.shapefile(frame, folder, encoding="utf-8")


@accept("ENCODING_GUESSED", same=True, encoding="GB18030")
def gbk_cut_inside_a_character(folder: Path) -> Path:
    """The same in GBK: half a character at the end of a field of odd width."""
    frame = sample.forest()
    text = "退耕还林工程外业调查".encode("gbk")[:15]
    columns = {n: list(frame[n].astype(str)) for n in ("LIN_BAN", "XIAO_BAN", "YOU_SHI_SZ", "HUO_LMGQXJ")}
    columns |= {n: list(frame[n].astype(str)) for n in ("QI_YUAN", "LING_ZU", "YU_BI_DU")}
    table = parts.table_of({**columns, "BEIZHU": [text] * sample.ROWS})
    contents = [sample.record(shape) for shape in frame.geometry]
    return parts.write_set(folder, contents, table, prj=sample.esri(4524))


@accept("ENCODING_GUESSED", same=True, encoding="GB18030")
def table_saved_by_foxpro(folder: Path) -> Path:
    """The office keeps the table in Visual FoxPro: another version byte and the Chinese language mark."""
    return sample.by_hand(sample.forest(), folder, version=0x30, language=0x7A)


@accept(same=True)
def dialect_a_lower_case(folder: Path) -> Path:
    """PostGIS users get all names in lower case."""
    return sample.shapefile(sample.forest().rename(columns=str.lower), folder)


@confirm("AREA_UNIT_INFERRED", rows=sample.ROWS)
def dialect_b_as_delivered(folder: Path) -> Path:
    """The province's 林草湿一张图: lower case, areas in 亩, species codes × 1000, total volume."""
    return sample.shapefile(sample.dialect_b(), folder)


@accept(rows=sample.ROWS, answers={"AREA_UNIT_INFERRED": ""})
def dialect_b_upper_case(folder: Path) -> Path:
    """The same after a trip through a file geodatabase."""
    names = {name: name.upper() for name in sample.dialect_b() if name != "geometry"}
    return sample.shapefile(sample.dialect_b().rename(columns=names), folder)


@accept(
    same=True,
    never=["FIELD_AMBIGUOUS", "CODE_UNKNOWN"],
    columns={
        "village": "ZLDWMC",
        "xiaoban": "ZCQCBSM",
        "land_class": "SLZYGLDL",
        "species": "YSSZ",
        "origin": "QY",
        "age_group": "LING_ZU",
        "mean_age_a": "PJNL",
        "dbh_cm": "PJXJ",
        "height_m": "PJSG",
        "canopy": "YBD",
        "stems_ha": "MGQZS",
        "volume_m3_ha": "GQXJ",
        "volume_m3": "ZTBXJ",
        "forest_use": "LZ",
        "forest_category": "SLLB",
        "reported_area": "ZTBMJ",
    },
    unique_keys=sample.ROWS,
)
def dialect_c_as_delivered(folder: Path) -> Path:
    """The asset inventory (SLZYZC): no compartment numbers, and LZ means forest use, not age group."""
    return sample.shapefile(sample.dialect_c(), folder)


@accept(same=True)
def dialect_c_lower_case(folder: Path) -> Path:
    """The asset inventory out of a database."""
    return sample.shapefile(sample.dialect_c().rename(columns=str.lower), folder)


@accept(same=True)
def chinese_column_names_gbk(folder: Path) -> Path:
    """A township's forestry station names its columns in Chinese; GBK leaves room for five characters."""
    return sample.shapefile(sample.chinese(), folder)


@accept(same=True)
def chinese_column_names_geopackage(folder: Path) -> Path:
    """The same as a GeoPackage, where names are not cut."""
    return sample.geopackage(sample.chinese(), folder / "小班.gpkg")


@accept(same=True)
def columns_nobody_asked_for(folder: Path) -> Path:
    """Left-overs of joins and calculations in the table."""
    extra = {f"Join_{number}": number for number in range(20)}
    return sample.shapefile(sample.forest().assign(Shape_Leng=1.5, Shape_Area=2.5, OBJECTID_1=7, **extra), folder)


@accept(same=True)
def everything_as_text(folder: Path) -> Path:
    """A table that went through a spreadsheet: every column is text."""
    return sample.by_hand(sample.forest(), folder)


@accept(same=True)
def dates_and_logical_columns(folder: Path) -> Path:
    """A table with a survey date and a yes/no column."""
    frame = sample.forest()
    fields: list[parts.Field] = [("DCRQ", "D", 8, 0), ("SFGY", "L", 1, 0)]
    names = ["LIN_BAN", "XIAO_BAN", "YOU_SHI_SZ", "QI_YUAN", "LING_ZU"]
    fields += [(name, "C", 12, 0) for name in names] + [("YU_BI_DU", "N", 6, 2), ("HUO_LMGQXJ", "F", 19, 11)]
    rows = [
        ("20240630", "T", *(row[name] for name in names), f"{row['YU_BI_DU']:.2f}", f"{row['HUO_LMGQXJ']:.11e}")
        for _, row in frame.iterrows()
    ]
    contents = [sample.record(shape) for shape in frame.geometry]
    return parts.write_set(folder, contents, parts.dbf(fields, rows), prj=sample.esri(4524))


@accept(same=True)
def zip_with_folder_and_gbk_names(folder: Path) -> Path:
    """Packed with the Windows explorer or WinRAR: Chinese folder and file names in GBK, no flag."""
    shp = sample.shapefile(sample.forest(), folder / "x")
    members = {
        f"平昌县/二调数据/森林小班{part.suffix}".encode("gbk"): part for part in sorted(shp.parent.glob("forest.*"))
    }
    return parts.zipped(folder / "平昌县森林小班.zip", members)


@accept(same=True)
def zip_with_utf8_names(folder: Path) -> Path:
    """Packed on a Mac: UTF-8 names, resource forks and a desktop file beside the data."""
    shp = sample.shapefile(sample.forest(), folder / "x")
    members: dict[str | bytes, bytes | Path] = {
        f"森林小班/小班{part.suffix}": part for part in sorted(shp.parent.glob("forest.*"))
    }
    members |= {"__MACOSX/森林小班/._小班.shp": b"\0\x05\x16\x07", "森林小班/.DS_Store": b"\0\0\0\1Bud1"}
    return parts.zipped(folder / "小班.zip", members)


@accept(same=True)
def zip_with_everything_arcgis_leaves(folder: Path) -> Path:
    """The whole folder was packed: spatial index, metadata, a map document, a read-me and an approval as PDF."""
    shp = sample.shapefile(sample.forest(), folder / "x")
    members: dict[str | bytes, bytes | Path] = {part.name: part for part in sorted(shp.parent.glob("forest.*"))}
    members |= {"forest.sbn": b"\0\0'\n", "forest.sbx": b"\0\0'\n", "forest.shp.xml": b"<metadata/>"}
    members |= {"说明.txt": "数据说明".encode("gbk"), "批复.pdf": b"%PDF-1.4", "制图.mxd": b"\xd0\xcf\x11\xe0"}
    return parts.zipped(folder / "forest.zip", members)


@accept(same=True)
def upper_case_extensions(folder: Path) -> list[Path]:
    """Old software writes FOREST.SHP, FOREST.DBF …; all parts are dropped at once."""
    shp = sample.shapefile(sample.forest(), folder / "x")
    return [Path(shutil.copy(part, folder / part.name.upper())) for part in sorted(shp.parent.iterdir())]


@accept(same=True)
def stems_in_different_case(folder: Path) -> list[Path]:
    """Somebody renamed one part by hand on Windows, where case does not matter."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_suffix(".dbf").rename(folder / "Forest.dbf")
    return sorted(folder.iterdir())


@accept(same=True)
def loose_parts_in_one_drop(folder: Path) -> list[Path]:
    """All parts are dragged into the page at once, side files included."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_name("forest.shp.xml").write_text("<metadata/>")
    shp.with_name("forest.sbn").write_bytes(b"\0\0'\n")
    return sorted(folder.iterdir())


@accept(same=True)
def one_part_with_its_siblings(folder: Path) -> Path:
    """On the command line only the .dbf is named; its siblings lie beside it."""
    return sample.shapefile(sample.forest(), folder).with_suffix(".dbf")


@repair("SHX_REBUILT", same=True)
def index_file_missing(folder: Path) -> list[Path]:
    """Three of four parts were mailed: no .shx."""
    shp = sample.shapefile(sample.forest(), folder)
    shp.with_suffix(".shx").unlink()
    return sorted(folder.iterdir())


@repair("SHX_REBUILT", same=True)
def index_file_of_another_export(folder: Path) -> Path:
    """The .shx is from an older export of the same file: its offsets are wrong."""
    shp = sample.shapefile(sample.forest(), folder)
    frame = sample.forest()
    other = frame.set_geometry(np.roll(frame.geometry.array, 7))
    shutil.copy(sample.shapefile(other.iloc[:31], folder / "old").with_suffix(".shx"), shp.with_suffix(".shx"))
    return shp


@accept(same=True)
def twenty_digit_identifiers(folder: Path) -> Path:
    """Identifiers of 20 digits stay text, to the last digit."""
    numbers = [f"511923000000{number:08d}" for number in range(sample.ROWS)]
    return sample.shapefile(sample.forest().assign(XI_BAN=numbers), folder)
