"""Title and subtitle of a whole briefing: their lengths are told with its other problems."""

from __future__ import annotations

import pytest

from pingchang_geo.briefing import Briefing, checks


@pytest.mark.parametrize(
    ("title", "subtitle", "said"),
    [
        ("长" * 41, "", ["汇报标题长约 41 字，超过 40 字，投影时难以看清。"]),
        ("题", "长" * 81, ["副标题长约 81 字，超过 80 字，投影时难以看清。"]),
        ("长" * 300, "长" * 300, ["汇报标题长约 300 字", "副标题长约 300 字"]),
        ("长" * 40, "长" * 80, []),
    ],
)
def test_titles_too_long_are_told(title: str, subtitle: str, said: list[str]) -> None:
    found = checks.check(Briefing("x", title, subtitle))
    assert [problem.scene for problem in found] == [""] * len(said)
    assert all(problem.message.startswith(words) for problem, words in zip(found, said, strict=True))
