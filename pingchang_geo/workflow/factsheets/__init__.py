"""一页纸: the county, or one feature of a layer with a part as zone or site, on one A4 page."""

from pingchang_geo.workflow.factsheets.figures import MOST_GROWTH
from pingchang_geo.workflow.factsheets.paper import pdf, png
from pingchang_geo.workflow.factsheets.place import COUNTY, FactSheetError, Place, county, feature, has_sheet, named
from pingchang_geo.workflow.factsheets.sheet import fact_sheet

__all__ = [
    "COUNTY",
    "MOST_GROWTH",
    "FactSheetError",
    "Place",
    "county",
    "fact_sheet",
    "feature",
    "has_sheet",
    "named",
    "pdf",
    "png",
]
