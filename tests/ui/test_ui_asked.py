"""Choices are noted by callbacks and done by the next run of the page they were made on."""

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st  # noqa: PLC0415  # the function is a script of its own

    from pingchang_geo.ui.asked import later, settle  # noqa: PLC0415

    def picked() -> None:
        st.session_state["picked"] = st.session_state["choice"]
        if st.session_state["choice"] == "坏":
            raise ValueError("坏")

    seen = st.session_state.get("picked", "")
    settle()
    st.session_state["before"], st.session_state["after"] = seen, st.session_state.get("picked", "")
    st.selectbox("选", ["甲", "乙", "坏"], key="choice", on_change=later(picked))


def test_the_run_does_it_before_it_reads() -> None:
    page = AppTest.from_function(_page).run()
    page.selectbox(key="choice").select("乙").run()
    assert (page.session_state["before"], page.session_state["after"]) == ("", "乙")


def test_what_fails_is_not_tried_for_ever() -> None:
    page = AppTest.from_function(_page).run()
    page.selectbox(key="choice").select("坏").run()
    assert len(page.exception) == 1
    page.run()
    assert not page.exception


def test_what_was_asked_on_another_page_is_dropped() -> None:
    page = AppTest.from_function(_page).run()
    page.session_state["asked_errands"] = [("another page", lambda: 1 / 0)]
    page.run()
    assert not page.exception
    assert page.session_state["asked_errands"] == []
