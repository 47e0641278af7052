"""The reference layers, written as analysts' files, come back as they were."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingchang_geo.issues import Decision
from pingchang_geo.settings import PROJECT_ROOT
from pingchang_geo.validation import place
from pingchang_geo.workflow.inspect import inspect
from tests import factories

GEO = PROJECT_ROOT / "data" / "geo"


@pytest.fixture(scope="module")
def county() -> shapely.Geometry:
    return gpd.read_file(GEO / "county.geojson").geometry.union_all()


def test_the_samples_lie_in_the_county(county: shapely.Geometry) -> None:
    for rows in (1, 9, 400):
        mesh = gpd.GeoSeries(factories.mesh(rows), crs=4524).to_crs(4490)
        assert mesh.within(county).all()


@pytest.mark.parametrize("layer", ["redline", "scenic", "parks", "county", "neighbours"])
def test_small_layers_are_accepted(layer: str, county: shapely.Geometry) -> None:
    inspection = inspect([GEO / f"{layer}.geojson"], layer, county=county)
    assert (inspection.decision, inspection.issues) == (Decision.ACCEPT, ())


def test_the_forest_in_gauss_krueger_and_shifted(county: shapely.Geometry, tmp_path: Path) -> None:
    """GBK, no .cpg, no .prj: accepted once its datum is confirmed.

    Shifted as internet maps are: asked, and corrected to within a centimetre.
    """
    forest = gpd.read_parquet(GEO / "forest.parquet")
    path = factories.write_shapefile(forest, tmp_path / "a", prj=False)
    accepted = inspect([path], "forest", county=county, answers={"CRS_INFERRED": ""})
    assert accepted.decision is Decision.ACCEPT
    assert accepted.rows == accepted.unique_keys == len(forest)
    moved = shapely.transform(forest.geometry.array, lambda p: p + place.gcj_offset(p[:, 0], p[:, 1]))
    shifted = forest.set_geometry(np.asarray(moved)).set_crs(4490, allow_override=True)
    path = factories.write_shapefile(shifted, tmp_path / "b")
    asked = inspect([path], "forest", county=county)
    assert "GCJ_SUSPECTED" in [issue.code for issue in asked.questions]
    mended = inspect([path], "forest", county=county, answers={"GCJ_SUSPECTED": "correct"})
    assert mended.decision is Decision.ACCEPT
    assert shapely.hausdorff_distance(mended.frame.geometry.array, accepted.frame.geometry.array).max() < 1e-7
