"""The account pages: signing in and out, passwords, one-time links; and what attackers try on them."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from pingchang_geo.access import Role, operator
from pingchang_geo.errors import StoreError
from pingchang_geo.web.access.origins import own_path
from pingchang_geo.web.access.pages import Field, Form, form_page, message_page
from tests.web.doorway import HERE, PASSWORD, form_token

Doors = Callable[..., Any]
NEW = "湖边 seven 风车 tower"


@pytest.fixture(params=["", "/eco"])
def door(doors: Doors, request: pytest.FixtureRequest) -> Any:
    made = doors(base=request.param)
    made.token("张三", Role.ANALYST)
    return made


def send(door: Any, client: Any, page: str, sent_to: str = "", **fields: str) -> Any:
    """Open a page's form and send it."""
    shown = client.get(f"{door.base}/account/{page}")
    assert shown.status_code == 200, shown.text
    data = {"form_token": form_token(shown.text), **fields}
    return client.post(f"{door.base}/account/{sent_to or page}", data=data)


def sign_in(door: Any, client: Any, name: str = "张三", password: str = PASSWORD, **more: str) -> Any:
    return send(door, client, "login", name=name, password=password, **more)


def test_sign_in_gives_a_session_and_leads_back(door: Any) -> None:
    client = door.client()
    where = f"{door.base}/forest?f=%E6%9D%89&u=ha"
    answer = sign_in(door, client, next=where)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("pingchang_session=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes == {"httponly", "samesite=lax", f"path={door.base or '/'}"}
    client.get(f"{door.base}/tiles/x")
    assert door.reached[-1]["actor"].name == "张三"
    again = client.get(f"{door.base}/account/login", params={"next": where})
    assert (again.status_code, again.headers["location"]) == (303, where)


def test_cookies_are_secure_under_https(doors: Doors) -> None:
    door = doors(trusted_proxies="10.0.0.0/8")
    door.token("张三", Role.VIEWER)
    client = door.client()
    client.headers.update({"X-Forwarded-Proto": "https", "Origin": "https://map.local"})
    answer = sign_in(door, client)
    assert answer.status_code == 403  # a Secure form cookie does not come back over http
    shown = client.get("/account/login")
    held = shown.headers["set-cookie"]
    assert "; Secure" in held
    client.cookies.set("pingchang_form", held.split(";")[0].partition("=")[2])
    data = {"form_token": form_token(shown.text), "name": "张三", "password": PASSWORD}
    answer = client.post("/account/login", data=data)
    assert answer.status_code == 303
    assert "; Secure" in answer.headers["set-cookie"]


def test_wrong_password_unknown_name_and_disabled_look_alike(door: Any) -> None:
    door.token("李四", Role.VIEWER)
    door.access.set_disabled("李四", True, operator("测试"))
    texts = set()
    for name, password in (("张三", "wrong"), ("nobody", "wrong"), ("李四", PASSWORD), ("", ""), ("张三", "")):
        answer = sign_in(door, door.client(address=f"10.0.0.{len(texts) + 1}"), name, password)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert 'role="alert"' in answer.text
        texts.add(answer.text[answer.text.index('<p class="error"') : answer.text.index("<form")])
    assert len(texts) == 1
    assert "用户名或密码不正确" in texts.pop()


def test_brute_force_is_locked_and_says_until_when(door: Any) -> None:
    client = door.client()
    for _ in range(door.chosen.lockout_failures):
        assert sign_in(door, client, password="wrong").status_code == 401
    locked = sign_in(door, client)
    assert locked.status_code == 429
    assert "已锁定至" in locked.text
    assert PASSWORD not in locked.text
    door.clock.now += door.chosen.lockout_minutes * 60
    assert sign_in(door, client).status_code == 303


def test_guessing_is_slowed_by_address_and_by_name(door: Any) -> None:
    client = door.client(address="10.7.7.7")
    statuses = [sign_in(door, client, name=f"name{i}", password="x").status_code for i in range(31)]
    assert statuses == [401] * 30 + [429]
    slowed = sign_in(door, client)  # even with the right password
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["retry-after"]) <= 60
    assert "秒后重试" in slowed.text
    assert sign_in(door, door.client(address="10.7.7.8")).status_code == 303
    one_name = [sign_in(door, door.client(address="10.7.7.9"), "李四", "x").status_code for _ in range(11)]
    assert one_name[-1] == 429


def test_a_form_belongs_to_the_browser_it_was_given_to(door: Any) -> None:
    mine, theirs = door.client(), door.client()
    token = form_token(mine.get(f"{door.base}/account/login").text)
    theirs.get(f"{door.base}/account/login")
    address = f"{door.base}/account/login"
    good = {"name": "张三", "password": PASSWORD}
    for client, data in (
        (theirs, {**good, "form_token": token}),
        (mine, good),
        (mine, {**good, "form_token": "0" * 64}),
    ):
        answer = client.post(address, data=data)
        assert answer.status_code == 403
        assert "页面已过期，请重新提交" in answer.text
        assert "pingchang_session" not in answer.headers.get("set-cookie", "")
    bare = door.client()
    assert bare.post(address, data={**good, "form_token": token}).status_code == 403
    assert mine.post(address, data={**good, "form_token": token}).status_code == 303


def test_a_token_is_good_for_its_own_form_only(door: Any) -> None:
    client = door.client()
    login = form_token(client.get(f"{door.base}/account/login").text)
    link = door.access.invite("张三", None, operator("测试"))
    data = {"form_token": login, "password": NEW, "again": NEW}
    assert client.post(f"{door.base}/account/invite/{link}", data=data).status_code == 403
    assert door.access.invitation(link) is not None


def test_cross_site_sign_in_is_refused(door: Any) -> None:
    client = door.client()
    token = form_token(client.get(f"{door.base}/account/login").text)
    data = {"form_token": token, "name": "张三", "password": PASSWORD}
    answer = client.post(f"{door.base}/account/login", data=data, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_only_forms_are_read(door: Any, kind: str) -> None:
    answer = door.client().post(f"{door.base}/account/login", content=b"name=a", headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join([b"a=1"] * 13), b"name=%ff"])
def test_broken_forms(door: Any, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert door.client().post(f"{door.base}/account/login", content=body, headers=headers).status_code == 400


def test_signing_in_anew_ends_the_old_session(door: Any) -> None:
    old = door.token("李四", Role.VIEWER)
    client = door.client()
    client.cookies.set("pingchang_session", old)
    token = form_token(door.client().get(f"{door.base}/account/login").text)
    shown = client.get(f"{door.base}/account/login")
    assert shown.status_code == 303  # signed in already; the form was open in another tab
    client.cookies.delete("pingchang_session")
    page = client.get(f"{door.base}/account/login").text
    client.cookies.set("pingchang_session", old)
    data = {"form_token": form_token(page), "name": "张三", "password": PASSWORD}
    assert token != form_token(page)
    assert client.post(f"{door.base}/account/login", data=data).status_code == 303
    assert door.access.who(old) is None


def test_sign_out_ends_the_session_on_the_server(door: Any) -> None:
    client = door.client()
    sign_in(door, client)
    token = client.cookies["pingchang_session"]
    assert client.get(f"{door.base}/tiles/x").status_code == 200  # remembered for two seconds
    refused = client.post(f"{door.base}/account/logout", data={"form_token": "0" * 64})
    assert refused.status_code == 403
    assert door.access.who(token) is not None
    answer = send(door, client, "logout")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{door.base}/")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert door.access.who(token) is None
    door.client(token).get(f"{door.base}/tiles/x")  # a replay of the cookie
    assert door.reached[-1]["actor"] is None
    assert client.get(f"{door.base}/account/logout").status_code == 303


def test_changing_the_password_ends_the_other_sessions(door: Any) -> None:
    other = door.access.sign_in("张三", PASSWORD, "10.1.1.1").token
    client = door.client()
    sign_in(door, client)
    before = client.cookies["pingchang_session"]
    answers = [
        send(door, client, "password", current="wrong", password=NEW, again=NEW),
        send(door, client, "password", current=PASSWORD, password=NEW, again=NEW + "x"),
        send(door, client, "password", current=PASSWORD, password="password123", again="password123"),
        send(door, client, "password", current=PASSWORD, password="短", again="短"),
    ]
    assert [answer.status_code for answer in answers] == [401, 400, 400, 400]
    words = ("原密码不正确", "两次输入的新密码不一致", "密码过于简单", "10 至 128 个字符")
    for answer, text in zip(answers, words, strict=True):
        assert text in answer.text
        assert NEW not in answer.text
    assert door.access.who(other) is not None
    changed = send(door, client, "password", current=PASSWORD, password=NEW, again=NEW)
    assert changed.status_code == 303
    assert door.access.who(other) is None
    assert door.access.who(before) is None
    assert door.access.who(client.cookies["pingchang_session"]).name == "张三"


def test_password_page_asks_for_a_session(door: Any) -> None:
    answer = door.client().get(f"{door.base}/account/password")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{door.base}/account/login?next={door.base}/account/password"


def test_an_invitation_is_good_once(door: Any) -> None:
    link = door.access.invite("王五", Role.ANALYST, operator("测试"))
    client = door.client()
    shown = client.get(f"{door.base}/account/invite/{link}")
    assert "王五" in shown.text
    assert "数据员" in shown.text
    assert "10 至 128 个字符" in shown.text
    weak = send(door, client, f"invite/{link}", password="aaaaaaaaaaaa", again="aaaaaaaaaaaa")
    assert weak.status_code == 400
    answer = send(door, client, f"invite/{link}", password=NEW, again=NEW)
    assert answer.status_code == 303
    assert door.access.who(client.cookies["pingchang_session"]).role is Role.ANALYST
    used = door.client().get(f"{door.base}/account/invite/{link}")
    assert used.status_code == 410
    assert "链接已失效" in used.text
    token = form_token(door.client().get(f"{door.base}/account/login").text)
    late = client.post(f"{door.base}/account/invite/{link}", data={"form_token": token})
    assert late.status_code == 410


@pytest.mark.parametrize("token", ["x", "A" * 43, "..%2f..", "'%20OR%201=1"])
def test_invented_links(door: Any, token: str) -> None:
    assert door.client().get(f"{door.base}/account/invite/{token}").status_code in {404, 410}


def test_an_expired_link(door: Any) -> None:
    link = door.access.invite("王五", Role.VIEWER, operator("测试"))
    client = door.client()
    page = client.get(f"{door.base}/account/invite/{link}").text
    door.clock.now += 72 * 3600
    data = {"form_token": form_token(page), "password": NEW, "again": NEW}
    answer = client.post(f"{door.base}/account/invite/{link}", data=data)
    assert answer.status_code == 410
    assert "已过期" in answer.text


def test_links_are_counted(door: Any) -> None:
    client = door.client(address="10.8.8.8")
    statuses = [client.get(f"{door.base}/account/invite/{'A' * 43}").status_code for _ in range(31)]
    assert statuses == [410] * 30 + [429]


@pytest.mark.parametrize("identity", ["oidc", "proxy"])
def test_other_identity_sources_take_no_passwords(doors: Doors, identity: str) -> None:
    more = {
        "oidc": {
            "oidc_issuer": "https://id.example.cn",
            "oidc_client_id": "eco",
            "oidc_client_secret": "s" * 20,
            "public_url": HERE,
        },
        "proxy": {"trusted_proxies": "10.0.0.5"},
    }[identity]
    door = doors(identity=identity, **more)
    client = door.client()
    page = client.get("/account/login")
    assert page.status_code == 200
    assert "<form" not in page.text
    assert client.post("/account/login", data={"name": "a", "password": "b"}).status_code == 405
    for path in ("/account/password", f"/account/invite/{'A' * 43}"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\/evil.example",
        "{base}//evil.example",
        "{base}/%2f%2fevil.example",
        "{base}/%5cevil.example",
        "{base}/%255cevil.example",
        "{base}/x/../..//evil.example",
        "{base}/../other",
        "javascript:alert(1)",
        "{base}/x\r\nSet-Cookie: a=b",
        "{base}/x%0d%0aSet-Cookie:%20a=b",
        "{base}/x?y=%0d%0aSet-Cookie:%20a=b%250d",
        "{base}/account/logout",
        "{base}/account/login?next=/",
        "{base}/%61ccount/logout",
        "{base}/" + "a" * 9000,
        "{base}/\u202ex",
        "{base}@evil.example",
    ],
)
@pytest.mark.parametrize("base", ["", "/eco"])
def test_next_leads_nowhere_else(doors: Doors, base: str, wanted: str) -> None:
    if base == "" and wanted == "{base}@evil.example":
        wanted = "@evil.example"
    door = doors(base=base)
    door.token("张三", Role.VIEWER)
    answer = sign_in(door, door.client(), next=wanted.format(base=base))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{base}/"
    assert len(answer.headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("/forest", "/forest"),
        ("/forest?f=species:杉木&u=ha", "/forest?f=species:%E6%9D%89%E6%9C%A8&u=ha"),
        ("/site?g=" + "A" * 6000, "/site?g=" + "A" * 6000),
        ("/account/password", "/account/password"),
        ("/a?b=//c", "/a?b=//c"),
    ],
)
def test_next_keeps_addresses_of_pages(wanted: str, kept: str) -> None:
    assert own_path(wanted, "") == kept
    assert own_path("/eco" + wanted, "/eco") == "/eco" + kept
    assert own_path(wanted, "/eco") == "/eco/"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(text)
    return parser.found


def test_what_people_type_stays_text() -> None:
    nasty = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
    form = Form(
        title=nasty,
        action=nasty,
        button=nasty,
        token=nasty,
        fields=(Field("name", nasty, "username", kind="text", value=nasty, hint=nasty),),
        hidden={nasty: nasty},
        error=nasty,
        intro=nasty,
        facts=((nasty, nasty),),
        links=((nasty, nasty),),
    )
    for text in (
        form_page(nasty, form),
        message_page(nasty, nasty, nasty, links=((nasty, nasty),), button=(nasty, nasty)),
    ):
        found = tags(text)
        assert {tag for tag, _ in found} <= {
            *("html", "head", "meta", "title", "link", "body", "a", "img", "main", "h1", "p", "dl", "dt", "dd"),
            *("form", "input", "label", "button"),
        }
        assert not any(name.startswith("on") or name == "style" for _, attrs in found for name in attrs)


def test_the_name_comes_back_as_text(door: Any) -> None:
    answer = sign_in(door, door.client(), name='"><script>alert(1)</script>')
    assert answer.status_code == 401
    assert "<script" not in answer.text
    assert PASSWORD not in answer.text


def test_forms_work_with_password_managers_and_screen_readers(door: Any) -> None:
    client = door.client()
    shown = client.get(f"{door.base}/account/login")
    page = tags(shown.text)
    inputs = {a["name"]: a for tag, a in page if tag == "input" and a.get("type") != "hidden"}
    assert {name: a["autocomplete"] for name, a in inputs.items()} == {
        "name": "username",
        "password": "current-password",
    }
    assert {a["for"] for tag, a in page if tag == "label"} == {str(a["id"]) for a in inputs.values()}
    assert ("html", {"lang": "zh-CN"}) in page
    assert "script" not in {tag for tag, _ in page}
    data = {"form_token": form_token(shown.text), "name": "x", "password": "y"}
    wrong = tags(client.post(f"{door.base}/account/login", data=data).text)
    for tag, a in wrong:
        if tag == "input" and a.get("type") != "hidden":
            assert a["aria-invalid"] == "true"
            assert "error" in str(a["aria-describedby"]).split()
    assert any(a.get("id") == "error" and a.get("role") == "alert" for _, a in wrong)


def test_nothing_secret_is_kept_or_logged(door: Any, caplog: pytest.LogCaptureFixture) -> None:
    client = door.client()
    link = door.access.invite("王五", Role.VIEWER, operator("测试"))
    for path in ("login", f"invite/{link}"):
        assert "no-store" in client.get(f"{door.base}/account/{path}").headers["cache-control"]
    sign_in(door, client, password="geheim-und-falsch")
    sign_in(door, client)
    secrets = (PASSWORD, "geheim-und-falsch", link, client.cookies["pingchang_session"])
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in str(door.log)


def test_who_sends_a_form_reads_a_page_also_when_nothing_can_be_written(
    door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = door.client()
    data = {
        "name": "张三",
        "password": PASSWORD,
        "form_token": form_token(client.get(f"{door.base}/account/login").text),
    }

    def full(*_: object) -> None:
        raise StoreError("账户库无法读写：磁盘已满；未作任何更改。")

    monkeypatch.setattr(door.access, "sign_in", full)
    told = client.post(f"{door.base}/account/login", data=data, headers={"Accept": "text/html,*/*"})
    assert (told.status_code, told.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "服务暂不可用" in told.text
    assert "磁盘" not in told.text  # the operator's concern, it stands in the log
    assert client.post(f"{door.base}/account/login", data=data).json()["error"].startswith("服务暂不可用")
