"""Settings: one frozen object, built once from the environment (``PINGCHANG_…``) or ``settings.toml``, passed in.

What is half set up is refused here, before anything is served: a server that starts is the one that was meant.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pingchang_geo.errors import SettingsError
from pingchang_geo.messages.settings import setting_words, toml_words, unknown_setting

#: The checkout: reference layers, the ledger and the browser code lie here.
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent

_PREFIX: Final = "PINGCHANG_"
#: Variables that begin alike and are the benchmarks' own.
_NOT_OURS: Final = f"{_PREFIX}BENCH_"
_FIX: Final = "请检查环境变量 PINGCHANG_… 或项目目录下的 settings.toml。"
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: Headers that mean something else already; none of them can carry an identity.
_TAKEN_HEADERS: Final = frozenset({"host", "cookie", "authorization", "origin", "forwarded", "connection", "upgrade"})
_SHORTEST_TOKEN: Final = 16

#: Written as a TOML list, or with commas in the environment.
Listed = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Everything an operator may set.

    Environment variables win over ``settings.toml`` in the project folder; unknown keys are refused.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, toml_file=PROJECT_ROOT / "settings.toml", extra="forbid", frozen=True
    )

    data_dir: Path = Field(default=PROJECT_ROOT / "var", description="Versions, catalogue, accounts, derived data.")
    reference_dir: Path = Field(default=PROJECT_ROOT / "data" / "geo", description="Reference layers.")
    web_dir: Path = Field(default=PROJECT_ROOT / "web", description="Browser code and libraries.")
    id_tile_threshold: int = Field(default=2000, ge=1, description="Above this many polygons: id tiles.")
    max_upload_mb: int = Field(default=500, ge=1, description="Layer data: limit of one upload.")
    site_upload_mb: int = Field(
        default=20, ge=1, description="Boundary of a site: limit of one upload, open to readers."
    )
    worker_seconds: int = Field(
        default=300, ge=1, description="Time limit for reading one upload; reading and checking have three times this."
    )
    worker_memory_mb: int = Field(
        default=4096, ge=256, description="Memory limit for reading one upload; reading and checking have twice this."
    )
    max_archive_entries: int = Field(default=1000, ge=1, description="Files in one archive.")
    max_archive_ratio: int = Field(
        default=200, ge=1, description="Unpacked size ÷ packed size above which a file counts as a bomb."
    )
    max_unpacked_mb: int = Field(default=4096, ge=1, le=1 << 20, description="An archive's files together, unpacked.")
    carbon_factors: Path | None = Field(default=None, description="The county's own carbon parameter sets (TOML).")
    carbon_set: str = Field(default="", description="Id of the carbon parameter set to use; empty: the file's default.")
    font: Path | None = Field(default=None, description="Chinese font (TTF or OTF) for maps and PDF files.")
    map_approval_number: str = Field(default="", description="审图号, printed when filled in, never invented.")

    viewing: Literal["open", "closed"] = Field(default="open", description="Whether everybody may look, or accounts.")
    identity: Literal["accounts", "oidc", "proxy"] = Field(default="accounts", description="Who says who somebody is.")
    public_url: str = Field(default="", description="Address readers use, https://host[/base], without end slash.")
    trusted_proxies: Listed = Field(default=(), description="Addresses or networks whose forwarding headers count.")
    identity_header: str = Field(default="X-Remote-User", description="identity=proxy: header with the user name.")
    role_header: str = Field(
        default="", description="identity=proxy: header with the role; empty: roles are kept here."
    )
    oidc_issuer: str = Field(default="", description="identity=oidc: the provider's address.")
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    oidc_name_claim: str = Field(default="preferred_username", description="Claim with the user name.")
    oidc_role_claim: str = Field(default="roles", description="Claim with roles; empty: roles are kept here.")
    oidc_ca: Path | None = Field(default=None, description="identity=oidc: the provider's own CA (PEM file).")
    admins: Listed = Field(default=(), description="identity=oidc or proxy: user names that are admin in any case.")
    session_idle_minutes: int = Field(default=120, ge=1, le=7 * 24 * 60)
    session_hours: int = Field(default=12, ge=1, le=31 * 24, description="End of a session, however much it is used.")
    lockout_failures: int = Field(default=5, ge=2, le=100, description="Wrong passwords before a lock.")
    lockout_minutes: int = Field(default=15, ge=1, le=24 * 60)
    metrics_token: str = Field(default="", repr=False, description="Bearer token of the metrics collector.")
    low_disk_mb: int = Field(default=1024, ge=1, description="Free space below which the server counts as degraded.")
    log_format: Literal["text", "json"] = Field(default="text", description="json: one object a line.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("trusted_proxies", "admins", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_network(part) for part in value)

    @field_validator("public_url", "oidc_issuer")
    @classmethod
    def _address(cls, value: str) -> str:
        return _plain_url(value) if value else value

    @field_validator("identity_header", "role_header")
    @classmethod
    def _header(cls, value: str) -> str:
        name = value.lower()
        if value and (
            not _HEADER.fullmatch(value) or name in _TAKEN_HEADERS or name.startswith(("x-pingchang", "x-forw"))
        ):
            raise ValueError("不是可用的请求头名称")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _token(cls, value: str) -> str:
        if value and (len(value) < _SHORTEST_TOKEN or not value.isascii() or not value.isprintable() or " " in value):
            raise ValueError(f"应为至少 {_SHORTEST_TOKEN} 个字母、数字或符号，不含空格")
        return value

    @property
    def roles_outside(self) -> bool:
        """Whether the identity source can give roles; else they are set on the page 用户管理 only."""
        return bool({"oidc": self.oidc_role_claim, "proxy": self.role_header}.get(self.identity))

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        """Refuse what is only half set up; everything that is missing is said at once."""
        if missing := "；".join(_missing(self)):
            raise ValueError(missing)
        return self


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise ValueError(f"中的「{text}」不是地址或网段（如 10.1.2.3、10.1.2.0/24，网段的主机位应为 0）") from None


def _plain_url(value: str) -> str:
    """An http(s) address with a host and perhaps a path, and nothing else."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # a port out of range is found when it is asked for
    except ValueError:
        raise ValueError("不是有效的网址") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or any(char.isspace() for char in value):
        raise ValueError("应为 http:// 或 https:// 开头的完整网址")
    if parts.query or parts.fragment or "?" in value or "#" in value or parts.username is not None:
        raise ValueError("不应含有参数（?）、锚点（#）或用户名")
    return value.rstrip("/")


def _missing(chosen: Settings) -> Iterator[str]:
    """What the chosen identity and limits lack, in words."""
    if chosen.identity == "oidc":
        needed = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_name_claim", "public_url")
        if absent := [name for name in needed if not getattr(chosen, name)]:
            yield f"identity 为 oidc 时还需设置 {'、'.join(absent)}"
        if chosen.oidc_issuer and not _private_enough(chosen.oidc_issuer):
            yield "oidc_issuer 应为 https:// 网址"
        if chosen.oidc_ca is not None and not _certificates(chosen.oidc_ca):
            yield "oidc_ca 应为可以读取的 PEM 证书文件"
    if chosen.identity == "proxy":
        if not chosen.trusted_proxies or not chosen.identity_header:
            yield "identity 为 proxy 时还需设置 trusted_proxies 与 identity_header"
        if any(ipaddress.ip_network(part).prefixlen == 0 for part in chosen.trusted_proxies):
            yield "identity 为 proxy 时 trusted_proxies 不能包含所有地址，否则人人可以冒充"
        if chosen.role_header and chosen.role_header.lower() == chosen.identity_header.lower():
            yield "role_header 与 identity_header 不能相同"
    if chosen.identity == "accounts" and chosen.admins:
        yield "admins 只用于 identity 为 oidc 或 proxy；本系统账户请用命令 users add 设置"
    if chosen.session_idle_minutes > chosen.session_hours * 60:
        yield "session_idle_minutes 不应超过 session_hours"
    if chosen.site_upload_mb > chosen.max_upload_mb:
        yield "site_upload_mb 不应大于 max_upload_mb"


def _certificates(path: Path) -> bool:
    """Whether a file holds certificates to check others against."""
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):  # an SSLError is an OSError
        return False
    return True


def _private_enough(url: str) -> bool:
    """Whether secrets may be sent there: encrypted, or within this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


@cache
def settings() -> Settings:
    """The process's settings, read once.

    Raises:
        SettingsError: a key is unknown, a value out of range, something half set up, or the file unreadable; the
            message names each of them.
    """
    known = Settings.model_fields
    try:
        chosen = Settings()
    except ValidationError as error:
        problems = "；".join(setting_words(dict(item), known) for item in error.errors())
        raise SettingsError(f"设置有误：{problems}。", fix=_FIX) from None  # the cause holds the values
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"设置有误：{toml_words(error)}。", fix="请改正后重新启动。") from error
    except OSError as error:
        raise SettingsError("settings.toml 无法读取。", fix="请检查文件权限。") from error
    if strangers := _unknown_variables(known):
        raise SettingsError(f"设置有误：{'；'.join(strangers)}。", fix=_FIX)
    return chosen


def _unknown_variables(known: Any) -> list[str]:
    """Environment variables that look like settings and are none: a typing slip must not leave viewing open."""
    names = [name for name in os.environ if name.upper().startswith(_PREFIX) and not name.upper().startswith(_NOT_OURS)]
    variables = {f"{_PREFIX}{field}".upper() for field in known}
    return [unknown_setting(name, variables) for name in sorted(names) if name.upper() not in variables]
