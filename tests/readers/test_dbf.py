"""dBASE tables written byte by byte."""

import struct
from pathlib import Path

import numpy as np
import pytest

from pingchang_geo.readers import dbf
from pingchang_geo.readers.model import Refused

Field = tuple[bytes, str, int]


def table(fields: list[Field], rows: list[bytes], *, version: int = 3, count: int | None = None) -> bytes:
    """A table: fields of (name, kind, width), rows without their deletion byte."""
    length = 1 + sum(width for _, _, width in fields)
    described = b"".join(
        name.ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, 0]) + bytes(14) for name, kind, width in fields
    )
    head = struct.pack("<B3xIHH20x", version, len(rows) if count is None else count, 33 + len(described), length)
    return head + described + b"\r" + b"".join(b" " + row for row in rows) + b"\x1a"


def read(content: bytes, folder: Path, forced: str | None = None) -> dict[str, list[object]]:
    path = folder / "a.dbf"
    path.write_bytes(content)
    found = dbf.read(path, "a.dbf")
    columns, _ = dbf.columns(found, ~found.deleted, cpg=None, forced=forced)
    return {name: column.to_pylist() for name, column in columns.items()}


def test_text_is_trimmed_and_empty_is_missing(tmp_path: Path) -> None:
    rows = [b"AB  12.5", b"    ****", b"\0\0\0\0 " + b"  7", b"C\0xx   1"]
    assert read(table([(b"NAME", "C", 4), (b"X", "N", 4)], rows), tmp_path) == {
        "NAME": ["AB", None, None, "C"],
        "X": ["12.5", "****", "7", "1"],
    }


def test_binary_numbers_of_later_dialects(tmp_path: Path) -> None:
    rows = [struct.pack("<id", 7, 2.5), struct.pack("<id", -1, -0.25)]
    content = table([(b"I", "I", 4), (b"B", "B", 8)], rows, version=0x30)
    assert read(content, tmp_path) == {"I": [7, -1], "B": [2.5, -0.25]}


def test_memo_columns_are_left_out(tmp_path: Path) -> None:
    assert read(table([(b"A", "C", 1), (b"M", "M", 10)], [b"x0000000001"]), tmp_path) == {"A": ["x"]}


def test_names_are_decoded_and_made_unique(tmp_path: Path) -> None:
    name = "小班号".encode("gbk")
    found = read(table([(name, "C", 1), (name, "C", 1), (b"", "C", 1)], [b"abc"]), tmp_path)
    assert found == {"小班号": ["a"], "小班号_1": ["b"], "列3": ["c"]}


@pytest.mark.parametrize(
    "content",
    [
        b"\x03" * 10,
        b"\x00" * 100,
        table([(b"A", "C", 5)], [b"12345"], version=0x77),
        table([(b"A", "C", 5)], [], count=9),
    ],
)
def test_what_is_no_table(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.dbf"
    path.write_bytes(content)
    with pytest.raises(Refused):
        dbf.read(path, "a.dbf")


def test_distinct_values_are_decoded_once(tmp_path: Path) -> None:
    rows = [np.bytes_(str(number % 3)).ljust(3) for number in range(300)]
    assert read(table([(b"A", "C", 3)], rows), tmp_path)["A"][:4] == ["0", "1", "2", "0"]
