"""From given files to one parsed data set; runs inside the worker process, but is an ordinary function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.readers import archive, geojson, geopackage, geoparquet, kml, projection, shapefile, sniff
from pingchang_geo.readers.model import Columns, CrsFinding, Format, Refused, Request, Source

#: One reader per format; a KMZ is an archive with a KML inside.
PARSERS: Final[Mapping[Format, Callable[[Source, str | None], Columns]]] = {
    Format.SHAPEFILE: shapefile.read,
    Format.GEOPACKAGE: lambda source, _: geopackage.read(source),
    Format.GEOJSON: lambda source, _: geojson.read(source),
    Format.GEOPARQUET: lambda source, _: geoparquet.read(source),
    Format.KML: lambda source, _: kml.read(source),
}
#: Key of the one part that a single-file format has.
_PART: Final = {Format.GEOPACKAGE: "gpkg", Format.GEOJSON: "geojson", Format.GEOPARQUET: "parquet", Format.KML: "kml"}
_SINGLE: Final = frozenset(("gpkg", "geojson", "json", "parquet", "geoparquet", "kml"))
_WANTED: Final = sniff.SHAPEFILE_PARTS | _SINGLE


@dataclass(frozen=True)
class Parsed:
    """One data set, parsed."""

    source: Source
    datasets: tuple[str, ...]
    content: Columns
    crs: CrsFinding
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class _File:
    """A candidate file: what the user calls it and where it lies."""

    name: str
    path: Path


def parse(request: Request, folder: Path) -> Parsed:
    """Parse the data set that the request names (the largest by default).

    Args:
        request: files, limits and what the analyst already answered.
        folder: empty folder for unpacked archives.

    Raises:
        Refused: with the issue that says why.
    """
    files = _gather(request, folder)
    sources = _sources(files)
    if not sources:
        raise _nothing(files, request)
    source, chosen = _choose(sources, request.dataset)
    content = PARSERS[source.format](source, request.encoding)
    finding, crs_issues = projection.find(content.crs_text, content.geometry, forced=request.crs)
    issues = [*chosen, *content.issues, *crs_issues]
    return Parsed(source, tuple(other.name for other in sources), content, finding, tuple(issues))


def _gather(request: Request, folder: Path) -> list[_File]:
    """All files given, siblings of a lone shapefile part and members of archives included."""
    files: list[_File] = []
    for path in _with_siblings(request.paths):
        name = sniff.display(path.name)
        if not path.is_file():
            raise Refused(issue("FILE_MISSING", file=name))
        size = path.stat().st_size
        if size > request.limits.max_upload_mb << 20:
            raise Refused(issue("FILE_TOO_LARGE", file=name, size=-(-size >> 20), limit=request.limits.max_upload_mb))
        if sniff.extension(name) in sniff.SHAPEFILE_PARTS - {"shp"}:
            files.append(_File(name, path))
            continue
        try:
            with path.open("rb") as stream:
                head = stream.read(sniff.HEAD_BYTES)
        except OSError:
            raise Refused(issue("FILE_UNREADABLE", file=name)) from None
        if _ignorable(name, request.paths):
            continue
        if sniff.check(name, head) is sniff.ZIP:
            inside = folder / str(len(files))  # two archives may hold the same names
            inside.mkdir()
            members = archive.unpack(path, name, inside, _WANTED, request.limits)
            files += [_File(member.name, member.path) for member in members]
        else:
            files.append(_File(name, path))
    return files


def _ignorable(name: str, paths: Sequence[Path]) -> bool:
    """Side files that GIS software leaves beside a shapefile."""
    side = (".shp.xml", ".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".qml", ".sld", ".fix", ".cst", ".atx", ".ixs", ".lyr")
    return len(paths) > 1 and name.lower().endswith(side)


def _with_siblings(paths: Sequence[Path]) -> list[Path]:
    """Given paths; a folder stands for its files, one lone part of a shapefile for its whole set."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(item for item in path.iterdir() if sniff.extension(item.name) in _WANTED | {"zip"})
        else:
            found.append(path)
    lone = [path for path in found if sniff.extension(path.name) in sniff.SHAPEFILE_PARTS]
    if len(lone) == 1 and len(found) == 1 and lone[0].parent.is_dir():
        stem = lone[0].stem.lower()
        found = (
            sorted(
                item
                for item in lone[0].parent.iterdir()
                if item.stem.lower() == stem and sniff.extension(item.name) in sniff.SHAPEFILE_PARTS
            )
            or found
        )
        if lone[0] not in found:
            found.append(lone[0])
    return found


def _sources(files: Sequence[_File]) -> list[Source]:
    """Data sets among the files, largest first."""
    sets: dict[str, dict[str, Path]] = {}
    labels: dict[str, str] = {}
    sources: list[Source] = []
    places: list[str] = []
    for file in files:
        named = sniff.extension(file.name)
        if named in sniff.SHAPEFILE_PARTS:
            stem = file.name[: -len(named) - 1]
            parts = sets.setdefault(stem.lower(), {})
            if named in parts:
                raise Refused(issue("FORMAT_MIXED", files=f"{file.name} 出现两次"))
            if named == "shp":
                _sniffed(file)
            parts[named] = file.path
            labels.setdefault(stem.lower(), stem)
            continue
        found = _single(file)
        sources += found
        places += [f"{file.name}（{source.name}）" if source.table else file.name for source in found]
    for key, parts in sets.items():
        if "shp" in parts or "dbf" in parts:
            name = labels[key].rsplit("/", 1)[-1]
            sources.append(Source(Format.SHAPEFILE, name, parts, f"{name}.shp"))
            places.append(labels[key])
    told = _told_apart(sources, places)
    return sorted(told, key=lambda source: -sum(path.stat().st_size for path in source.parts.values()))


def _told_apart(sources: Sequence[Source], places: Sequence[str]) -> list[Source]:
    """Data sets of one name (last year's in another folder of the archive) by their places."""
    often = Counter(source.name.lower() for source in sources)
    return [
        source if often[source.name.lower()] == 1 else replace(source, name=place)
        for source, place in zip(sources, places, strict=True)
    ]


def _sniffed(file: _File) -> sniff.Content:
    """Content of a file by its bytes, which have to agree with its name."""
    with file.path.open("rb") as stream:
        return sniff.check(file.name.rsplit("/", 1)[-1], stream.read(sniff.HEAD_BYTES))


def _single(file: _File) -> list[Source]:
    name = file.name.rsplit("/", 1)[-1]
    content = _sniffed(file)
    if content.format is None:
        raise Refused(issue("FORMAT_UNKNOWN", file=name, content=content.label))
    source = Source(content.format, name.rsplit(".", 1)[0], {_PART[content.format]: file.path}, name)
    if content.format is not Format.GEOPACKAGE:
        return [source]
    tables = geopackage.tables(file.path, name)
    if not tables:
        raise Refused(issue("FORMAT_CORRUPT", file=name, content=content.label, detail="没有要素表"))
    return [replace(source, name=table, table=table) for table in tables]


def _nothing(files: Sequence[_File], request: Request) -> Refused:
    if files:
        name = files[0].name
        stem = name.rsplit(".", 1)[0]
        return Refused(issue("SHP_PART_MISSING", dataset=stem, part=".shp"))
    name = sniff.display(request.paths[0].name) if request.paths else "（未提供文件）"
    return Refused(issue("FILE_MISSING", file=name))


def _choose(sources: Sequence[Source], wanted: str | None) -> tuple[Source, list[Issue]]:
    names = "、".join(source.name for source in sources[:10])
    if wanted:
        for source in sources:
            if source.name.lower() == wanted.strip().lower():
                return source, []
    chosen = sources[0].name
    found = []
    if wanted:
        found.append(issue("DATASET_UNKNOWN", dataset=wanted, datasets=names, chosen=chosen))
    if len(sources) > 1:
        found.append(issue("DATASET_SEVERAL", count=len(sources), datasets=names, chosen=chosen))
    return sources[0], found
