"""The site check as people use it: check a boundary against the current layers, say it, draw it, print it."""

from pingchang_geo.workflow.site.answer import verdict, words
from pingchang_geo.workflow.site.checking import SiteCheck, check_site
from pingchang_geo.workflow.site.drawing import picture
from pingchang_geo.workflow.site.record import as_dict
from pingchang_geo.workflow.site.reporting import report

__all__ = ["SiteCheck", "as_dict", "check_site", "picture", "report", "verdict", "words"]
