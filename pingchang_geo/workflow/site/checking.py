"""A boundary checked against the layers of an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from pingchang_geo import carbon, crs, layers, site
from pingchang_geo.errors import PingchangError
from pingchang_geo.indicators import load_ledger
from pingchang_geo.layers import boundaries
from pingchang_geo.specs import LayerSpec
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.boundaries.reading import SiteBoundary


@dataclass(frozen=True)
class SiteCheck:
    """A site, what was found, and what it was found in.

    Attributes:
        polygon: the site, EPSG:4490.
        site_m: the same in the measuring projection.
        name: what people call it; may be empty.
        reading: how its coordinates were read, in words; empty when it came as a polygon.
        checked_at: local time.
        factors: the carbon parameter set that was used.
        absent: layers with a part in the check that nobody has published.
    """

    result: site.SiteResult
    atlas: Atlas
    polygon: shapely.Polygon | shapely.MultiPolygon
    site_m: shapely.Geometry
    name: str
    reading: str
    checked_at: datetime
    factors: carbon.FactorSet
    absent: tuple[LayerSpec, ...]

    @property
    def used(self) -> tuple[str, ...]:
        """Ids of the published layers behind the answer, the county's outline last."""
        county = boundaries.COUNTY.id
        return (*(spec.id for spec in taking_part() if spec.id in self.atlas), *((county,) if self._outlined else ()))

    @property
    def _outlined(self) -> bool:
        return self.result.inside_county_pct is not None

    @property
    def marked(self) -> tuple[str, ...]:
        """Titles of the reference layers behind the answer.

        The county's outline is a base map; it counts only where a part of the site lies beyond it.
        """
        pct = self.result.inside_county_pct
        counted = [i for i in self.used if i != boundaries.COUNTY.id or (pct is not None and pct < 100)]
        return tuple(self.atlas[i].spec.title for i in counted if self.atlas.mark([i]))

    @property
    def mark(self) -> str:
        """示意数据 when a reference layer stands behind the answer, else nothing."""
        return self.atlas.mark(self.used) if self.marked else ""

    @property
    def title(self) -> str:
        """The site's name, or 该地块 for one without."""
        return f"「{self.name}」" if self.name else "该地块"


def taking_part() -> tuple[LayerSpec, ...]:
    """Layer types with a part in the site check: protected, near or carbon-bearing."""
    return tuple(spec for spec in layers.all_specs() if spec.site is not None or spec.carbon is not None)


def check_site(
    atlas: Atlas,
    boundary: SiteBoundary | shapely.Polygon | shapely.MultiPolygon,
    name: str = "",
    *,
    at: datetime | None = None,
) -> SiteCheck:
    """Check a site.

    Args:
        atlas: the current layers.
        boundary: as it was read, or a valid (multi)polygon, EPSG:4490.
        name: what people call it; by default what the boundary's file says.
        at: when; now by default.

    Raises:
        PingchangError: the boundary was refused, or its polygon has no area or crosses itself.
    """
    polygon: Any = boundary.polygon if isinstance(boundary, SiteBoundary) else boundary
    if polygon is None:
        raise PingchangError("地块边界未能读取，无法核查。", fix="请先按提示改正边界。")
    read = boundary if isinstance(boundary, SiteBoundary) else None
    site_m = crs.to_equal_area(np.array([polygon], dtype=object))[0]
    factors = carbon.load()
    present = [spec for spec in taking_part() if spec.id in atlas]
    result = site.check(site_m, [layer_of(atlas, spec) for spec in present], factors, load_ledger(), _county_m(atlas))
    return SiteCheck(
        result=result,
        atlas=atlas,
        polygon=polygon,
        site_m=site_m,
        name=(name or (read.name if read else "")).strip(),
        reading=read.reading if read else "",
        checked_at=at or datetime.now(),
        factors=factors,
        absent=tuple(spec for spec in taking_part() if spec.id not in atlas),
    )


def layer_of(atlas: Atlas, spec: LayerSpec) -> site.SiteLayer:
    """A published layer as the check needs it; its geometries and index are shared and built once."""
    data = atlas[spec.id]
    return site.SiteLayer(spec, spec.title, data.frame, data.metres, data.tree, bool(atlas.mark([spec.id])))


def _county_m(atlas: Atlas) -> shapely.Geometry | None:
    if boundaries.COUNTY.id not in atlas:
        return None
    outlines = atlas[boundaries.COUNTY.id].metres
    return outlines[0] if len(outlines) == 1 else shapely.union_all(outlines)
