"""Commands on accounts: ``users add | list | role | disable | enable | link | revoke``.

Whoever can run them can write the data folder anyway. So they need no password, and are the way in when nobody has one.
"""

from __future__ import annotations

import argparse
import json
from typing import Any, Final

from pingchang_geo.access import Role, Source, User
from pingchang_geo.cli.person import operator_of
from pingchang_geo.settings import settings
from pingchang_geo.workflow import start
from pingchang_geo.workflow.access import LINK_HOURS, invitation_address

_ROLES: Final = "、".join(f"{role.value}（{role.label}）" for role in Role)


def add_commands(commands: Any) -> None:
    """Register this module's commands."""
    users = commands.add_parser("users", help="用户管理：新增、角色、停用、一次性链接")
    actions = users.add_subparsers(required=True, metavar="动作")

    add = actions.add_parser("add", help="新增用户，给出设置密码的一次性链接")
    add.add_argument("name", metavar="用户名")
    add.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER.value, help=_ROLES)
    add.set_defaults(run=_add)

    listed = actions.add_parser("list", help="列出用户")
    listed.add_argument("--json", action="store_true", help="输出一个 JSON 数组")
    listed.set_defaults(run=_list)

    role = actions.add_parser("role", help="变更角色，立即生效")
    role.add_argument("name", metavar="用户名")
    role.add_argument("role", choices=[role.value for role in Role], metavar="角色", help=_ROLES)
    role.set_defaults(run=_role)

    simple = {
        "disable": ("停用用户，其会话与链接立即失效", _disable),
        "enable": ("重新启用用户", _enable),
        "link": ("重设密码：给出新的一次性链接", _link),
        "revoke": ("结束用户的全部会话，链接作废", _revoke),
    }
    for name, (words, run) in simple.items():
        action = actions.add_parser(name, help=words)
        action.add_argument("name", metavar="用户名")
        action.set_defaults(run=run)


def _add(chosen: argparse.Namespace) -> int:
    role = Role(chosen.role)
    if settings().identity != Source.ACCOUNTS.value:
        start.access().admit(chosen.name, role, operator_of())
        print(f"已登记「{chosen.name}」为{role.label}，用户从统一身份认证登录。")
        return 0
    _print_link(chosen.name, start.access().invite(chosen.name, role, operator_of()))
    return 0


def _list(chosen: argparse.Namespace) -> int:
    users = start.access().users(operator_of())
    if chosen.json:
        print(json.dumps([_as_dict(user) for user in users], ensure_ascii=False, indent=2))
        return 0
    for user in users:
        seen = f"上次登录 {user.signed_in_at}" if user.signed_in_at else "从未登录"
        print(f"{user.name} · {user.role.label} · {_state(user)} · {Source(user.source).label} · {seen}")
    if not users:
        print("尚无用户。新增管理员：users add 用户名 --role admin")
    return 0


def _role(chosen: argparse.Namespace) -> int:
    role = Role(chosen.role)
    start.access().set_role(chosen.name, role, operator_of())
    print(f"「{chosen.name}」现为{role.label}。")
    return 0


def _disable(chosen: argparse.Namespace) -> int:
    start.access().set_disabled(chosen.name, True, operator_of())
    print(f"「{chosen.name}」已停用。")
    return 0


def _enable(chosen: argparse.Namespace) -> int:
    start.access().set_disabled(chosen.name, False, operator_of())
    print(f"「{chosen.name}」已启用。")
    return 0


def _link(chosen: argparse.Namespace) -> int:
    _print_link(chosen.name, start.access().invite(chosen.name, None, operator_of()))
    return 0


def _revoke(chosen: argparse.Namespace) -> int:
    ended = start.access().revoke_all(chosen.name, operator_of())
    print(f"「{chosen.name}」的 {ended} 个会话已结束，未使用的链接已作废。")
    return 0


def _print_link(name: str, token: str) -> None:
    print(f"「{name}」的一次性链接，{LINK_HOURS} 小时内有效，用后作废，请只交给本人：")
    print(invitation_address(settings(), token))
    if not settings().public_url:
        print("（把「服务器地址:端口」换成浏览器中本系统的地址；设置 public_url 后会直接给出完整网址。）")


def _state(user: User) -> str:
    return "停用" if user.disabled else "待设密码" if user.pending else "正常"


def _as_dict(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "source": user.source,
        "disabled": user.disabled,
        "pending": user.pending,
        "created_at": user.created_at,
        "signed_in_at": user.signed_in_at or None,
    }
