"""方法与参数: the page draws the same blocks as the file, with badges for what is unverified."""

from pingchang_geo.workflow.methods import text as methods_text
from pingchang_geo.workflow.methods.blocks import Formula, Prose, Table


def shown(app):
    return [str(item.value) for item in app.markdown]


def test_every_chapter_and_every_block_is_drawn(open_page):
    app = open_page("methods")
    assert not app.exception and not app.error
    drawn = shown(app)
    open_chapters = [section for section in methods_text.sections() if not section.folded]
    assert [item.value for item in app.subheader] == [section.title for section in methods_text.sections()]
    for section in open_chapters:
        prose = [block.text for block in section.blocks if isinstance(block, Prose)]
        assert all(text in drawn for text in prose)
    tables = sum(isinstance(block, Table) for section in open_chapters for block in section.blocks)
    assert sum(text.startswith("| ") for text in drawn) == tables
    formulas = sum(isinstance(block, Formula) for section in open_chapters for block in section.blocks)
    assert len(app.latex) == formulas


def test_flags_are_badges(open_page):
    drawn = "\n".join(shown(open_page("methods")))
    assert ":orange-badge[待核]" in drawn and ":green-badge[已核]" in drawn and ":blue-badge[推算]" in drawn
    assert "| 待核 |" not in drawn


def test_the_dictionary_opens_on_demand(open_page):
    app = open_page("methods")
    assert not any("`volume_m3_ha`" in text for text in shown(app))
    app.session_state["fold-dictionary"] = True
    app.run()
    assert any("`volume_m3_ha`" in text for text in shown(app))


def test_the_whole_text_downloads(open_page):
    app = open_page("methods")
    assert len(app.get("download_button")) == 1


def test_a_parameter_in_the_address_is_dropped_with_a_notice(open_page):
    app = open_page("methods", area="ha")
    assert "area" in app.toast[0].value
    assert app.query_params == {}
