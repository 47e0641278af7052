"""Answers that say no: a page for people, JSON for scripts; what happened and what to do, nothing about the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from pingchang_geo.web.access.hygiene import shows_page
from pingchang_geo.web.access.pages import message_page

#: Title and what to do, by status.
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("请求有误", "请返回上一页重试。"),
    401: ("需要登录", "请登录后重试。"),
    403: ("没有权限", "如确需办理，请联系管理员。"),
    404: ("地址不存在", "请检查地址，或返回首页。"),
    405: ("不支持这种请求", "请返回上一页重试。"),
    413: ("内容过大", "请缩小文件后重新上传。"),
    415: ("不支持这种内容", "请在页面上填写后提交。"),
    416: ("请求的范围不存在", "请重新下载。"),
    421: ("地址不对", "请使用本系统的正式网址访问。"),
    429: ("请求过于频繁", "请稍候再试。"),
    500: ("服务器出错", "请稍候重试；如仍出错，请联系管理员查看服务器日志。"),
    503: ("服务暂不可用", "请稍候重试；如仍出错，请联系管理员查看服务器日志。"),
}


def refused(
    scope: Scope, status: int, base: str, *, fix: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for a status; ``fix`` replaces what it usually advises."""
    title, usual = _WORDS.get(status, _WORDS[400 if status < 500 else 500])
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if scope["type"] == "http" and shows_page(scope):
        return HTMLResponse(message_page(base, title, fix or usual), status, headers=sent)
    return JSONResponse({"error": f"{title}。{fix or usual}"}, status, headers=sent)
