"""Archives: every rule, with the member that breaks it."""

import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from pingchang_geo.readers import archive
from pingchang_geo.readers.model import Limits, Refused

DEFAULT = Limits()
WANTED = frozenset(("shp", "dbf"))


def unpacked(path: Path, limits: Limits = DEFAULT) -> list[archive.Member]:
    folder = path.parent / "out"
    folder.mkdir(exist_ok=True)
    return archive.unpack(path, path.name, folder, WANTED, limits)


def made(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def refusal(path: Path, limits: Limits = DEFAULT) -> str:
    with pytest.raises(Refused) as caught:
        unpacked(path, limits)
    assert str(path.parent) not in caught.value.message
    return caught.value.issue.code


def test_members_get_names_of_our_own(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"数据/forest.shp": b"x", "数据/forest.dbf": b"y", "readme.txt": b"z"})
    members = unpacked(path)
    assert [member.name for member in members] == ["数据/forest.shp", "数据/forest.dbf"]
    assert [member.path.name for member in members] == ["00000.shp", "00001.dbf"]
    assert members[0].path.read_bytes() == b"x"


def test_apple_and_desktop_litter_is_ignored(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"__MACOSX/._a.shp": b"x", "a.shp": b"x", ".DS_Store": b""})
    assert [member.name for member in unpacked(path)] == ["a.shp"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("x.gdb/a.gdbtable", "FORMAT_UNSUPPORTED"), ("inner.zip", "FORMAT_UNSUPPORTED"), ("a.txt", "ARCHIVE_NO_DATA")],
)
def test_nothing_that_is_read(name: str, code: str, tmp_path: Path) -> None:
    assert refusal(made(tmp_path / "a.zip", {name: b"x"})) == code


def test_gbk_names_without_the_utf8_flag(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"XX.shp": b"x"})
    path.write_bytes(path.read_bytes().replace(b"XX.shp", "林".encode("gbk") + b".shp"))
    assert [member.name for member in unpacked(path)] == ["林.shp"]


@pytest.mark.parametrize("name", ["../a.shp", "/etc/a.shp", "C:/a.shp", "x/../../a.shp", "..\\a.shp"])
def test_paths_out_of_the_archive(name: str, tmp_path: Path) -> None:
    assert refusal(made(tmp_path / "a.zip", {name: b"x"})) == "ARCHIVE_UNSAFE"
    assert not (tmp_path / "a.shp").exists()


def test_links(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr(info, "/etc/passwd")
    assert refusal(tmp_path / "a.zip") == "ARCHIVE_UNSAFE"


def test_duplicate_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target.writestr("a.shp", "1")
        target.writestr("A.SHP", "2")
    assert refusal(tmp_path / "a.zip") == "ARCHIVE_UNSAFE"


def test_encryption(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"a.shp": b"x"})
    data = bytearray(path.read_bytes())
    local, central = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    data[local + 6] |= 1
    data[central + 8] |= 1
    path.write_bytes(data)
    assert refusal(path) == "ARCHIVE_ENCRYPTED"


def test_bombs(tmp_path: Path) -> None:
    assert refusal(made(tmp_path / "a.zip", {"a.shp": bytes(20 << 20)})) == "ARCHIVE_LIMIT"
    assert refusal(made(tmp_path / "b.zip", {"a.shp": bytes(3 << 20)}), Limits(max_unpacked_mb=2)) == "ARCHIVE_LIMIT"
    many = {f"{number}.txt": b"" for number in range(11)}
    assert refusal(made(tmp_path / "c.zip", many), Limits(max_archive_entries=10)) == "ARCHIVE_LIMIT"


def test_a_directory_that_lies_about_sizes(tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"a.shp": bytes(5000)})
    data = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(magic) + offset
        data[start : start + 4] = struct.pack("<I", 10)
    path.write_bytes(data)
    assert refusal(path) in ("ARCHIVE_LIMIT", "FORMAT_CORRUPT")


@pytest.mark.parametrize("keep", [30, 60, 100])
def test_truncated_archives(keep: int, tmp_path: Path) -> None:
    path = made(tmp_path / "a.zip", {"a.shp": b"0123456789" * 50})
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(path) == "FORMAT_CORRUPT"


def test_a_damaged_member(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        target.writestr("a.shp", b"0123456789")
    path.write_bytes(path.read_bytes().replace(b"0123456789", b"0123456780"))
    assert refusal(path) == "FORMAT_CORRUPT"
