"""Files for people: bytes only, each naming layer versions, filters, date and provenance."""

from pingchang_geo.exports.sheet import Sheet, safe_text
from pingchang_geo.exports.tables import CSV_MIME, XLSX_MIME, to_csv, to_xlsx

__all__ = ["CSV_MIME", "XLSX_MIME", "Sheet", "safe_text", "to_csv", "to_xlsx"]
