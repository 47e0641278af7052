"""The account pages as plain HTML: no script, one style sheet, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Final

from pingchang_geo.access.passwords import LONGEST, SHORTEST
from pingchang_geo.web.access.look import VERSION

PRODUCT: Final = "平昌县生态资产一张图"
RULES: Final = (
    f"{SHORTEST} 至 {LONGEST} 个字符；不能是常见密码、连续或重复的字符，也不能与用户名相近。"
    "可用几个不相干的词连成一句。"
)


@dataclass(frozen=True)
class Field:
    """A labelled input. ``autocomplete`` tells password managers what it is."""

    name: str
    label: str
    autocomplete: str
    kind: str = "password"
    value: str = ""
    readonly: bool = False
    hint: str = ""
    shortest: int = 0

    def html(self, *, focus: bool, wrong: bool) -> str:
        """The label and its input."""
        described = [f"{self.name}-hint"] if self.hint else []
        marks = [f'autocomplete="{self.autocomplete}"', "required", 'autocapitalize="none"', 'spellcheck="false"']
        marks += ["readonly"] if self.readonly else []
        marks += ["autofocus"] if focus else []
        marks += [f'minlength="{self.shortest}"'] if self.shortest else []
        if wrong and not self.readonly:
            marks.append('aria-invalid="true"')
            described.append("error")
        if described:
            marks.append(f'aria-describedby="{" ".join(described)}"')
        hint = f'<p class="rules" id="{self.name}-hint">{escape(self.hint)}</p>' if self.hint else ""
        return (
            f'<label for="{self.name}">{escape(self.label)}</label>'
            f'<input id="{self.name}" name="{self.name}" type="{self.kind}" maxlength="{LONGEST}" '
            f'value="{escape(self.value)}" {" ".join(marks)}>{hint}'
        )


@dataclass(frozen=True)
class Form:
    """A page with one form."""

    title: str
    action: str
    button: str
    token: str = ""
    fields: tuple[Field, ...] = ()
    hidden: dict[str, str] = field(default_factory=dict)
    error: str = ""
    intro: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def form_page(base: str, form: Form) -> str:
    """HTML of a form; the first empty field has the focus."""
    first = next((f.name for f in form.fields if not f.value and not f.readonly), "")
    inputs = "".join(f.html(focus=f.name == first, wrong=bool(form.error)) for f in form.fields)
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in {"form_token": form.token, **form.hidden}.items()
    )
    error = f'<p class="error" id="error" role="alert">{escape(form.error)}</p>' if form.error else ""
    intro = f"<p>{escape(form.intro)}</p>" if form.intro else ""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in form.facts)
    body = (
        f"{intro}{f'<dl>{facts}</dl>' if facts else ''}{error}"
        f'<form method="post" action="{escape(form.action)}">{hidden}{inputs}'
        f'<button type="submit">{escape(form.button)}</button></form>{_links(form.links)}'
    )
    return _page(base, form.title, body)


def message_page(
    base: str, title: str, text: str, *, links: Iterable[tuple[str, str]] = (), button: tuple[str, str] | None = None
) -> str:
    """HTML of a short message; without links there is the way home."""
    shown = tuple(links) or ((("返回首页", f"{base}/"),) if button is None else ())
    way = f'<p><a class="button" href="{escape(button[1])}">{escape(button[0])}</a></p>' if button else ""
    return _page(base, title, f"<p>{escape(text)}</p>{way}{_links(shown)}")


def _links(links: Iterable[tuple[str, str]]) -> str:
    shown = "".join(f'<a href="{escape(address)}">{escape(words)}</a>' for words, address in links)
    return f'<p class="links">{shown}</p>' if shown else ""


def _page(base: str, title: str, body: str) -> str:
    own = escape(base)
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {PRODUCT}</title>"
        f'<link rel="icon" type="image/svg+xml" href="{own}/account/icon.svg?v={VERSION}">'
        f'<link rel="stylesheet" href="{own}/account/style.css?v={VERSION}"></head>'
        f'<body><a class="product" href="{own}/"><img src="{own}/account/icon.svg?v={VERSION}" alt="">{PRODUCT}</a>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )
