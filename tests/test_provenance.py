"""As-of dates as people write them."""

import pytest

from pingchang_geo.errors import PingchangError
from pingchang_geo.provenance import as_of_text


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2024-12-31", "2024-12-31"),
        ("2024/1/5", "2024-01-05"),
        ("2024.12", "2024-12"),
        (" 2024 ", "2024"),
        ("2024年12月31日", "2024-12-31"),
        ("2024年", "2024"),
    ],
)
def test_years_months_and_days(written: str, stored: str) -> None:
    assert as_of_text(written) == stored


@pytest.mark.parametrize("written", ["", "24-12-31", "2024-13-01", "2024-02-30", "9999", "1900", "去年", "2024-1-2-3"])
def test_what_is_no_date_is_said(written: str) -> None:
    with pytest.raises(PingchangError, match="无法识别"):
        as_of_text(written)
