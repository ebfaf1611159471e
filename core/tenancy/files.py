"""`tenants/<slug>/tenant.toml`: what a tenant starts with. Data, not code; the database is the truth afterwards."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.tenancy.theme import Theme, ThemeError, colour_problems, read_theme

RESERVED = frozenset(
    [
        "accessibility",
        "account",
        "apply",
        "assets",
        "console",
        "demo",
        "directory",
        "events",
        "favicon.ico",
        "healthz",
        "language",
        "manage",
        "me",
        "metrics",
        "noticeboard",
        "privacy",
        "readyz",
        "robots.txt",
        "static",
        "style",
        "theme",
        "uk",
    ]
)
"""First path segments that belong to the platform: a tenant cannot be called so."""


class TenantFileError(ValueError):
    """A tenant's files cannot be used; the message names the file and its key."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_min_length=1, str_max_length=300)


class Colours(_Strict):
    """`brand` behind white text, `accent` on brand, `map` for the dots on light and dark: see `theme.colour_problems`."""

    brand: str
    accent: str
    map: str

    @model_validator(mode="after")
    def _readable(self) -> "Colours":
        if problems := colour_problems(self.brand, self.accent, self.map):
            raise ValueError("; ".join(f"{key}: {problem}" for key, problem in problems.items()))
        return self


class TenantFile(_Strict):
    """One tenant as its file says; tenants/README.md tells what each key is for."""

    id: int = Field(ge=1, le=32000, strict=True)
    slug: str = Field(pattern=r"^[a-z][a-z0-9-]{1,58}$")
    name: str = Field(max_length=120)
    name_cy: str = Field(max_length=120)
    partner: str = Field(max_length=160)
    partner_cy: str = Field(default="", min_length=0, max_length=160)
    through: str = Field(default="", min_length=0)
    kind: Literal["uk", "nation", "region"]
    area: str
    area_cy: str = Field(default="", min_length=0)
    welcome: str
    welcome_cy: str = Field(default="", min_length=0)
    languages: tuple[Literal["en", "cy"], ...] = Field(min_length=1)
    hosts: tuple[str, ...] = ()
    contact: str = Field(default="", min_length=0, max_length=254, pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")
    position: int = Field(ge=0, strict=True)
    colours: Colours
    plugins: dict[str, dict[str, Any]] = {}

    @model_validator(mode="after")
    def _says_all_in_each_language(self) -> "TenantFile":
        if len(set(self.languages)) != len(self.languages):
            raise ValueError("languages: each language once")
        if "cy" in self.languages:
            for key in ("area_cy", "welcome_cy"):
                if not getattr(self, key):
                    raise ValueError(f"{key}: a site that offers Welsh says this in Welsh too")
        if any(host != host.lower() or "/" in host or ":" in host for host in self.hosts):
            raise ValueError("hosts: host names in lower case, without scheme, port or path")
        return self

    def details(self) -> dict[str, Any]:
        """What the tenant's row keeps as JSON."""
        kept = {
            "through",
            "partner_cy",
            "area",
            "area_cy",
            "welcome",
            "welcome_cy",
            "languages",
            "hosts",
            "contact",
            "colours",
        }
        return self.model_dump(mode="json", include=kept)


def read_tenant_files(folder: Path) -> tuple[TenantFile, ...]:
    """Every `<folder>/<slug>/tenant.toml`, in order of position. Raises TenantFileError naming file and key at fault."""
    files = tuple(
        sorted((_read(path) for path in sorted(folder.glob("*/tenant.toml"))), key=lambda f: (f.position, f.id))
    )
    for key in ("id", "position"):
        _once(key, [(str(getattr(file, key)), file.slug) for file in files])
    _once("hosts", [(host, file.slug) for file in files for host in file.hosts])
    if [file.id for file in files if file.kind == "uk"] != [1]:
        raise TenantFileError(f"{folder.name}: exactly one tenant file has kind uk, and its id is 1")
    return files


def read_themes(folder: Path, files: Sequence[TenantFile]) -> dict[str, Theme]:
    """The `theme/` of each of `files` that has one, by slug. Raises TenantFileError naming file and key at fault."""
    themes = {}
    for file in files:
        try:
            theme = read_theme(folder / file.slug / "theme", file.languages)
        except ThemeError as error:
            raise TenantFileError(f"{file.slug}/theme: {error}") from error
        colours = file.colours.model_dump() | dict(theme.tokens)
        if problems := colour_problems(colours["brand"], colours["accent"], colours["map"]):
            key, problem = next(iter(problems.items()))
            raise TenantFileError(f"{file.slug}/theme: tokens.toml: {key}: {problem}")
        if theme.tokens or theme.blocks:
            themes[file.slug] = theme
    return themes


def _read(path: Path) -> TenantFile:
    where = f"{path.parent.name}/{path.name}"
    try:
        file = TenantFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TenantFileError(f"{where}: {error}") from error
    except ValidationError as error:
        raise TenantFileError(problems_of(where, error)) from error
    if file.slug != path.parent.name:
        raise TenantFileError(f"{where}: slug: must be the folder's name, {path.parent.name}")
    if file.slug in RESERVED and file.kind != "uk":
        raise TenantFileError(f"{where}: slug: the platform itself uses the name {file.slug}")
    return file


def problems_of(where: str, error: ValidationError, *parents: str) -> str:
    """What is wrong with the file `where`, a line for each key at fault; `parents` stand before the keys."""
    return "\n".join(f"{where}: {_said({**problem, 'loc': (*parents, *problem['loc'])})}" for problem in error.errors())


def _said(problem: dict[str, Any]) -> str:
    """One of pydantic's errors: the key, dotted, and what is wrong with it."""
    key = ".".join(str(part) for part in problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def _once(key: str, values: Sequence[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for value, slug in values:
        if value in seen:
            raise TenantFileError(f"{slug}/tenant.toml: {key}: {value} is taken by {seen[value]}/tenant.toml")
        seen[value] = slug
