"""Hostile archives: what can be wrong with a zip before anything inside is looked at."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from pathlib import Path

from tests.corpus import parts, sample
from tests.corpus.case import accept, reject


def _members(folder: Path) -> dict[str | bytes, bytes | Path]:
    shp = sample.by_hand(sample.forest(), folder / "x")
    return {part.name: part for part in sorted(shp.parent.iterdir())}


@reject("FORMAT_MISMATCH", hostile=True, each=("pdf", "html", "rar", "gzip"))
def something_else_named_zip(folder: Path, value: str) -> Path:
    """A PDF, the login page instead of the download, a RAR and a gzip under another name."""
    magic = {"pdf": b"%PDF-1.7", "html": b"<!DOCTYPE html>", "rar": b"Rar!\x1a\x07\x01\x00", "gzip": b"\x1f\x8b"}
    path = folder / "林地.zip"
    path.write_bytes(magic[value] + bytes(100))
    return path


@reject("FORMAT_UNKNOWN", hostile=True, each=("a.rar", "a.7z", "a.tar.gz", "a.pdf", "a.exe"))
def archives_and_programs(folder: Path, value: str) -> Path:
    """What is no zip is not unpacked."""
    magic = {"a.rar": b"Rar!\x1a\x07", "a.7z": b"7z\xbc\xaf\x27\x1c", "a.tar.gz": b"\x1f\x8b", "a.pdf": b"%PDF"}
    path = folder / value
    path.write_bytes(magic.get(value, b"MZ") + bytes(100))
    return path


@reject("ARCHIVE_LIMIT", hostile=True)
def zip_bomb(folder: Path) -> Path:
    """A hundred megabytes of zeros in a hundred kilobytes."""
    return parts.zipped(folder / "a.zip", {**_members(folder), "bomb.shp": bytes(100 << 20)})


@reject("ARCHIVE_LIMIT", hostile=True)
def zip_bomb_of_many_small_ones(folder: Path) -> Path:
    """Each entry stays under the ratio limit's floor, together they do not."""
    members: dict[str | bytes, bytes | Path] = {f"{number}.shp": bytes(9 << 20) for number in range(40)}
    return parts.zipped(folder / "a.zip", members)


@reject("FORMAT_CORRUPT", hostile=True)
def zip_that_lies_about_its_sizes(folder: Path) -> Path:
    """The directory claims 100 bytes, the stream holds fifty megabytes."""
    path = parts.zipped(folder / "a.zip", {"forest.shp": bytes(50 << 20)})
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 100)
    path.write_bytes(data)
    return path


@reject("ARCHIVE_LIMIT", hostile=True)
def too_many_entries(folder: Path) -> Path:
    """Thousands of files."""
    members: dict[str | bytes, bytes | Path] = {f"t/{number}.txt": b"" for number in range(1500)}
    return parts.zipped(folder / "a.zip", {**_members(folder), **members})


@reject(
    "ARCHIVE_UNSAFE",
    hostile=True,
    each=("../a.shp", "/etc/a.shp", "C:\\a.shp", "a/../../a.shp", "..\\..\\a.shp", "\\\\host\\a.shp"),
)
def paths_that_leave_the_archive(folder: Path, value: str) -> Path:
    """Names that would overwrite files elsewhere."""
    return parts.zipped(folder / "a.zip", {value: b"x", **_members(folder)})


@reject("ARCHIVE_UNSAFE", hostile=True)
def a_symbolic_link_inside(folder: Path) -> Path:
    """forest.prj is a link to the password file."""
    members = _members(folder)
    path = parts.zipped(folder / "a.zip", {name: members[name] for name in members if name != "forest.prj"})
    info = zipfile.ZipInfo("forest.prj")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    return path


@reject("ARCHIVE_ENCRYPTED", hostile=True)
def with_a_password(folder: Path) -> Path:
    """Sent with a password, as the rules for official data ask."""
    path = parts.zipped(folder / "a.zip", _members(folder))
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = data.find(signature)
        while position >= 0:
            data[position + offset] |= 1
            position = data.find(signature, position + 4)
    path.write_bytes(data)
    return path


@reject("ARCHIVE_UNSAFE", hostile=True, each=("forest.shp", "FOREST.SHP"))
def the_same_name_twice(folder: Path, value: str) -> Path:
    """Two entries of one name: which one would be checked, and which one read?"""
    path = parts.zipped(folder / "a.zip", _members(folder))
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(value, b"other")
    return path


@reject("FORMAT_UNSUPPORTED", hostile=True)
def an_archive_in_an_archive(folder: Path) -> Path:
    """Packed twice."""
    inner = parts.zipped(folder / "inner.zip", _members(folder))
    return parts.zipped(folder / "a.zip", {"内层.zip": inner})


@accept(same=True, hostile=True)
def an_archive_beside_the_data(folder: Path) -> Path:
    """The data and an archive that is nobody's business: never opened."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../x.shp", b"x")
    return parts.zipped(folder / "a.zip", {**_members(folder), "旧版.zip": inner.getvalue()})


@reject("FORMAT_CORRUPT", hostile=True, each=(0.3, 0.9, 0.995))
def zip_cut_off(folder: Path, value: float) -> Path:
    """The download of the archive broke."""
    path = parts.zipped(folder / "a.zip", _members(folder))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * value)])
    return path


@reject("FORMAT_CORRUPT", hostile=True)
def zip_with_a_wrong_checksum(folder: Path) -> Path:
    """A bit flipped on the way."""
    members = _members(folder)
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(str(name), content.read_bytes() if isinstance(content, Path) else content)
    data = bytearray(path.read_bytes())
    data[data.index(b"forest.shp") + 2000] ^= 0x40
    path.write_bytes(data)
    return path


@reject("ARCHIVE_NO_DATA", hostile=True)
def only_papers(folder: Path) -> Path:
    """The wrong folder was packed."""
    return parts.zipped(folder / "a.zip", {"说明.txt": b"x", "图.jpg": b"\xff\xd8\xff"})


@reject("SHP_PART_MISSING", hostile=True)
def parts_in_different_folders(folder: Path) -> Path:
    """The .dbf lies in another folder of the archive: not the same set."""
    members = _members(folder)
    return parts.zipped(folder / "a.zip", {f"{Path(str(n)).suffix[1:]}/{n}": content for n, content in members.items()})


@reject("FORMAT_MISMATCH", hostile=True)
def a_vrt_inside_the_zip(folder: Path) -> Path:
    """The shapefile in the archive is a virtual file."""
    members = _members(folder)
    members["forest.shp"] = b"<OGRVRTDataSource></OGRVRTDataSource>"
    return parts.zipped(folder / "a.zip", members)


@accept(same=True, hostile=True)
def names_with_escapes_and_html(folder: Path) -> Path:
    """File names that would do something to a terminal or a page."""
    members = _members(folder)
    renamed = {f"<b>\x1b[2J{Path(str(name)).suffix}": content for name, content in members.items()}
    return parts.zipped(folder / "a.zip", renamed)  # type: ignore[arg-type]
