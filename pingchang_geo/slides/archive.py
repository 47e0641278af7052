"""The package finished: what it says of itself is true, and its bytes depend on nothing but its content, so there is no
clock in it, neither outside nor in the charts' workbooks."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any, Final

from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_MOMENT: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


_ABOUT: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<PresentationFormat>宽屏</PresentationFormat><Slides>{slides}</Slides><Notes>{notes}</Notes>"
    "<HiddenSlides>0</HiddenSlides></Properties>"
)


def finished(presentation: Any, made_at: datetime) -> bytes:
    """A presentation (python-pptx's) as the bytes of its file."""
    _declare(presentation)
    _count(presentation)
    out = io.BytesIO()
    presentation.save(out)
    return steady(out.getvalue(), made_at)


def _declare(presentation: Any) -> None:
    """What python-pptx leaves of its own template: the size's name, which is 4:3, and a notes master nobody names."""
    root = presentation.part._element
    root.find(qn("p:sldSz")).attrib.pop("type", None)
    masters = [key for key, one in presentation.part.rels.items() if one.reltype == RELATIONSHIP_TYPE.NOTES_MASTER]
    if masters and root.find(qn("p:notesMasterIdLst")) is None:
        (master,) = masters
        named = f'<p:notesMasterIdLst {nsdecls("p", "r")}><p:notesMasterId r:id="{master}"/></p:notesMasterIdLst>'
        root.find(qn("p:sldMasterIdLst")).addnext(parse_xml(named))


def _count(presentation: Any) -> None:
    """The file's own description, in place of that of the program which made python-pptx's template."""
    slides = list(presentation.slides)
    notes = sum(slide.has_notes_slide for slide in slides)
    about = presentation.part.package.part_related_by(RELATIONSHIP_TYPE.EXTENDED_PROPERTIES)
    about._blob = _ABOUT.format(slides=len(slides), notes=notes).encode()


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
