"""Settings: one frozen object, built once from the environment (``PINGCHANG_…``) or ``settings.toml``, passed in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pingchang_geo.errors import SettingsError

#: The checkout: reference layers, the ledger and the browser code lie here.
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Everything an operator may set.

    Environment variables win over ``settings.toml`` in the project folder; unknown keys are refused.
    """

    model_config = SettingsConfigDict(
        env_prefix="PINGCHANG_", toml_file=PROJECT_ROOT / "settings.toml", extra="forbid", frozen=True
    )

    data_dir: Path = Field(default=PROJECT_ROOT / "var", description="Versions, catalogue and derived data.")
    reference_dir: Path = Field(default=PROJECT_ROOT / "data" / "geo", description="Reference layers.")
    web_dir: Path = Field(default=PROJECT_ROOT / "web", description="Browser code and libraries.")
    id_tile_threshold: int = Field(default=2000, ge=1, description="Above this many polygons: id tiles.")
    max_upload_mb: int = Field(default=500, ge=1)
    open_publishing: bool = Field(
        default=False,
        description="Let everybody who reaches the pages publish; otherwise only the server's own machine.",
    )
    worker_seconds: int = Field(default=300, ge=1, description="Time limit for reading one upload.")
    worker_memory_mb: int = Field(default=4096, ge=256)
    carbon_factors: Path | None = Field(default=None, description="The county's own carbon parameter sets (TOML).")
    carbon_set: str = Field(default="", description="Id of the carbon parameter set to use; empty: the file's default.")
    font: Path | None = Field(default=None, description="Chinese font (TTF or OTF) for maps and PDF files.")
    map_approval_number: str = Field(default="", description="审图号, printed when filled in, never invented.")

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


@cache
def settings() -> Settings:
    """The process's settings, read once.

    Raises:
        SettingsError: a value is out of range or a key unknown; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "；".join(f"{'.'.join(str(part) for part in item['loc'])}：{item['msg']}" for item in error.errors())
        raise SettingsError(
            f"设置有误：{problems}。", fix="请检查环境变量 PINGCHANG_… 或项目目录下的 settings.toml。"
        ) from error
