"""The file as bytes that depend on nothing but its content: no clock, neither outside nor in the charts' workbooks."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Final

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_MOMENT: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def steady(content: bytes, made_at: datetime) -> bytes:
    """An Office file with every date inside set to ``made_at`` and every entry's date to the archive format's first."""
    moment = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as made:
        for name in given.namelist():
            data = given.read(name)
            if name.endswith(".xlsx"):
                data = steady(data, made_at)
            elif name == "docProps/core.xml":
                data = _MOMENT.sub(rb"\g<1>" + moment + rb"\g<2>", data)
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith((".png", ".xlsx")) else zipfile.ZIP_DEFLATED
            made.writestr(entry, data)
    return out.getvalue()
