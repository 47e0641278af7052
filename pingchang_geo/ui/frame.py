"""What all pages share: the window's set-up, the style sheet, and errors in words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import streamlit as st

from pingchang_geo.errors import PingchangError
from pingchang_geo.settings import settings

TITLE: Final = "平昌县生态资产一张图"
_LOG: Final = logging.getLogger(__name__)

#: Drawn by ourselves: a Material icon in the window's tab would be fetched from the internet.
_TREE: Final = '<path fill="#1E6B47" d="M16 2 6 14h5l-6 8h9v8h4v-8h9l-6-8h5z"/>'
_ICON: Final = f'<svg width="32" height="32" viewBox="0 0 32 32">{_TREE}</svg>'
_LOGO: Final = (
    f'<svg width="250" height="32" viewBox="0 0 250 32">{_TREE}'
    '<text x="38" y="23" fill="#1B2A22" font-size="19" font-weight="600" '
    "font-family=\"'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif\">平昌县生态资产一张图</text></svg>"
)

#: Only what the theme cannot say: the map's height as a share of the window, figures of equal width, tight cards.
_STYLE: Final = """
<style>
[class*="st-key-map_box"] iframe {
  height: clamp(340px, 61vh, 1200px) !important; border: 1px solid #D5DED8; border-radius: 5px;
}
.stApp { font-variant-numeric: tabular-nums; }
.stMainBlockContainer { padding-left: 1.5rem; padding-right: 1.5rem; }
[class*="st-key-kpi_"] { padding: 0.3rem 0.75rem 0.4rem !important; position: relative; }
[class*="st-key-kpi_"] > :last-child { position: absolute; top: 0.15rem; right: 0.6rem; width: auto; }
[class*="st-key-kpi_"] .stMarkdown p { line-height: 1.35; overflow-wrap: anywhere; }
[class*="st-key-kpi_"] .stMarkdown p:first-child { color: #55635B; font-size: 0.85rem; margin: 0 3.2rem 0.15rem 0; }
[class*="st-key-kpi_"] .stPopover button { min-height: 1.5rem; padding: 0; font-size: 0.8rem; }
/* The element's own download has no notes and no byte-order mark; ours stand above the table. */
[data-testid="stElementToolbar"] { display: none; }
#share_address { padding: 0.5rem; background: #F2F6F3; overflow-wrap: anywhere; user-select: all; font-size: 0.85rem; }
dl.details { display: grid; grid-template-columns: repeat(auto-fit, minmax(205px, 1fr)); gap: 0 1.4rem; }
.stHtml dl.details { margin: 0; padding: 0; }
dl.details > div { display: flex; justify-content: space-between; gap: 0.6rem; border-bottom: 1px solid #E8EDEA; }
dl.details dt, dl.details dd { margin: 0; padding: 0.1rem 0; font-size: 0.85rem; font-weight: 400; line-height: 1.5; }
dl.details dt { color: #55635B; flex: none; max-width: 60%; }
dl.details dd { flex: 1; text-align: right; overflow-wrap: anywhere; }
[class*="st-key-wide_"] { overflow-x: auto; }
[class*="st-key-wide_"] table { min-width: 56rem; width: 100%; }
[class*="st-key-wide_"] th { background: #E8F0EB; }
[class*="st-key-wide_"] td[style*="right"] { white-space: nowrap; }
[class*="st-key-wide_"] th, [class*="st-key-wide_"] td { font-size: 0.87rem; padding: 0.3rem 0.55rem; }
[class*="st-key-promoted_"] a { background: #1E6B47; border-radius: 5px; padding: 0.3rem 0.75rem; }
[class*="st-key-promoted_"] a:hover { background: #185A3B; }
[class*="st-key-promoted_"] a * { color: #FFFFFF; font-weight: 600; }
/* The account menu stands at the right end of the header, beside which Streamlit shows that it is at work. */
[data-testid="stLayoutWrapper"]:has(> .st-key-account_menu) { position: fixed; top: 0.5rem; right: 1.5rem;
  z-index: 999991; }
.st-key-account_menu { height: 2.75rem; justify-content: center; align-items: flex-end; }
.st-key-account_menu > .stElementContainer { padding-top: 0.35rem; }
.st-key-account_menu button p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 7rem; }
.stAppToolbar > :last-child:not(:first-child) { margin-right: 10rem; }
a.account-link, .stHtml a.account-link { color: #1E6B47; font-size: 0.95rem; text-decoration: none; }
a.account-link { white-space: nowrap; }
a.account-link:hover { text-decoration: underline; }
a.account-button, .stHtml a.account-button { display: inline-block; background: #1E6B47; color: #FFFFFF;
  border-radius: 5px; padding: 0.35rem 1.2rem; font-weight: 600; text-decoration: none; }
a.account-button:hover { background: #185A3B; }
#one_time_link { padding: 0.6rem; background: #F2F6F3; border: 1px solid #D5DED8; border-radius: 5px;
  overflow-wrap: anywhere; user-select: all; font-family: monospace; font-size: 0.9rem; }
#one_time_copy { margin-top: 0.6rem; padding: 0.35rem 1.2rem; background: #1E6B47; color: #FFFFFF; border: 0;
  border-radius: 5px; font: inherit; font-weight: 600; cursor: pointer; }
#one_time_copy:hover { background: #185A3B; }
/* The uploader's own words are English and have no parameters. */
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid="stFileUploaderDropzone"] { gap: 0.6rem; align-items: center; }
[data-testid="stFileUploaderDropzone"]::after { content: "或把文件拖到这里"; font-size: 0.85rem; color: #55635B; }
[data-testid="stFileUploaderDropzone"] button { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button > * { display: none; }
[data-testid="stFileUploaderDropzone"] button::after { content: "选择文件"; font-size: 0.9rem; }
.st-key-details { padding: 0.4rem 0.8rem 0.5rem !important; }
@media (max-width: 640px) { [class*="st-key-map_box"] iframe { height: clamp(340px, 68vh, 640px) !important; } }
</style>
"""


def set_up() -> None:
    """Window title, width and style sheet; first thing of every run."""
    st.set_page_config(page_title=TITLE, page_icon=_ICON, layout="wide")
    st.logo(_LOGO, size="medium")
    st.html(_STYLE)


@contextmanager
def guarded() -> Iterator[None]:
    """Errors that we can name are shown in words with their remedy; others are logged and announced."""
    try:
        yield
    except PingchangError as error:
        st.error(f"**{error.message}**\n\n{error.fix}", icon=":material/error:")
        _LOG.warning("page: %s", error)
    except Exception:
        _LOG.exception("page failed")
        st.error(
            "**页面出错，数据没有改动。**\n\n请刷新页面重试；若仍然出错，请把时间和所在页面告诉系统管理员，日志中有详细记录。",
            icon=":material/error:",
        )


def footer() -> None:
    """Map-approval number, if the operator has filled one in."""
    number = settings().map_approval_number
    if number:
        st.caption(f"审图号：{number}")
