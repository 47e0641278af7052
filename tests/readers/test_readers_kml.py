"""KML and KMZ through the worker, and what is refused."""

import zipfile
from pathlib import Path

import pytest
import shapely

from pingchang_geo import readers
from pingchang_geo.readers.model import Refused

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
SQUARE = "107.10,31.50,0 107.11,31.50,0 107.11,31.51,0 107.10,31.51,0 107.10,31.50,0"
POLYGON = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{SQUARE}</coordinates></LinearRing></outerBoundaryIs>"


def written(folder: Path, body: str, name: str = "a.kml", encoding: str = "utf-8", head: str = HEAD) -> Path:
    path = folder / name
    path.write_bytes(f"{head}{body}</Document></kml>".encode(encoding))
    return path


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        readers.read([path])
    assert caught.value.issue.fix
    return caught.value.issue.code


def test_names_folders_extended_data_and_a_hole(tmp_path: Path) -> None:
    hole = "107.104,31.504 107.106,31.504 107.106,31.506 107.104,31.506 107.104,31.504"
    body = (
        "<Folder><name>项目</name><Placemark><name>一期</name><ExtendedData>"
        '<Data name="用途"><value>厂房</value></Data>'
        '<SchemaData><SimpleData name="面积">12.5</SimpleData></SchemaData></ExtendedData>'
        f"{POLYGON}<innerBoundaryIs><LinearRing><coordinates>{hole}</coordinates></LinearRing></innerBoundaryIs>"
        "</Polygon></Placemark></Folder><Placemark><name>点</name><Point><coordinates> 107.2 , 31.6 </coordinates>"
        "</Point></Placemark>"
    )
    raw = readers.read([written(tmp_path, body)])
    assert (raw.format, raw.crs.epsg) == ("KML", 4326)
    assert raw.table["名称"].tolist() == ["一期", "点"]
    assert raw.table["文件夹"].tolist()[0] == "项目"
    assert raw.table["用途"].tolist()[0] == "厂房"
    square, dot = raw.geometry
    # 0.01° × 0.01° less a hole of 0.002° × 0.002°
    assert shapely.area(square) == pytest.approx(1e-4 - 4e-6)
    assert dot.equals(shapely.Point(107.2, 31.6))


def test_parts_become_one_feature(tmp_path: Path) -> None:
    body = f"<Placemark><MultiGeometry>{POLYGON}</Polygon>{POLYGON.replace('107.1', '107.2')}</Polygon></MultiGeometry>"
    raw = readers.read([written(tmp_path, body + "</Placemark>")])
    assert raw.geometry[0].geom_type == "MultiPolygon"


def test_gbk_declared(tmp_path: Path) -> None:
    body = f"<Placemark><name>平昌县</name>{POLYGON}</Polygon></Placemark>"
    raw = readers.read([written(tmp_path, body, encoding="gbk", head=HEAD.replace("UTF-8", "GBK"))])
    assert raw.encoding == "GB18030"
    assert raw.table["名称"].tolist() == ["平昌县"]


def test_kmz(tmp_path: Path) -> None:
    inner = written(tmp_path, f"<Placemark>{POLYGON}</Polygon></Placemark>", "doc.kml")
    with zipfile.ZipFile(tmp_path / "项目.kmz", "w") as archive:
        archive.write(inner, "doc.kml")
        archive.writestr("files/icon.png", b"\x89PNG")
    assert readers.read([tmp_path / "项目.kmz"]).format == "KML"


def test_links_are_ignored_and_said(tmp_path: Path) -> None:
    body = f"<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink><Placemark>{POLYGON}"
    raw = readers.read([written(tmp_path, body + "</Polygon></Placemark>")])
    assert "KML_LINK_IGNORED" in [found.code for found in raw.issues]


def test_document_type_is_refused(tmp_path: Path) -> None:
    head = HEAD.replace("<kml", '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<kml')
    assert refused(written(tmp_path, "<Placemark><name>&x;</name></Placemark>", head=head)) == "XML_DOCTYPE"


@pytest.mark.parametrize(
    ("body", "code"),
    [("<Placemark>", "FORMAT_CORRUPT"), ("<name>空</name>", "FORMAT_CORRUPT"), ("<Folder>" * 300, "FORMAT_CORRUPT")],
)
def test_damage_is_refused(tmp_path: Path, body: str, code: str) -> None:
    assert refused(written(tmp_path, body)) == code


def test_other_xml_is_no_kml(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text("<gml><a/></gml>", "utf-8")
    assert refused(path) == "FORMAT_MISMATCH"


def test_broken_coordinates_are_counted(tmp_path: Path) -> None:
    body = (
        f"<Placemark>{POLYGON}</Polygon></Placemark><Placemark>{POLYGON.replace('31.51', 'nan')}</Polygon></Placemark>"
    )
    raw = readers.read([written(tmp_path, body)])
    found = next(one for one in raw.issues if one.code == "GEOMETRY_UNREADABLE")
    assert found.rows == (2,)
