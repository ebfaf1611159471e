"""Settings from the environment, typed and checked once. A wrong one stops the boot with one clear line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parent.parent
FILES = (ROOT / "instance" / "files").as_uri()
WEAK_SECRETS = frozenset({"secret", "changeme", "change-me", "development", "dev", "password", "test"})
SECRET_MIN = 32
DEMO_SECRET = "demonstration-only-secret-key-never-used-outside-the-demo"


def normalise_url(url: str) -> str:
    """`postgres://` and `postgresql://` as SQLAlchemy names them for psycopg 3."""
    for start in ("postgres://", "postgresql://"):
        if url.startswith(start):
            return "postgresql+psycopg://" + url[len(start) :]
    return url


class ConfigError(SystemExit):
    """The environment cannot be used; the message is the one line that says why."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the platform reads from its environment. `hosts` maps a host name to a tenant's slug."""

    database_url: str
    secret_key: str
    owner_url: str
    mail_url: str = "demo:"
    redis_url: str = ""
    files_url: str = FILES
    base_url: str = "http://127.0.0.1:8000"
    hosts: Mapping[str, str] | None = None
    demo: bool = False
    metrics_token: str = ""
    contact: str = ""
    app_role: str = "qp_app"
    testing: bool = False

    @property
    def https(self) -> bool:
        """Whether people reach the site over TLS: cookies are then Secure and carry the `__Host-` prefix."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Read `QP_*` variables. Raises ConfigError (one line) for a missing or weak secret or an unknown kind of address."""
        demo = env.get("QP_DEMO", "") == "1"
        default_db = f"sqlite:///{ROOT / 'instance' / 'q.sqlite'}"
        database_url = normalise_url(env.get("QP_DATABASE_URL", default_db))
        if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ConfigError("QP_DATABASE_URL must be a sqlite:/// or postgresql:// address")
        base_url = env.get("QP_BASE_URL", f"http://127.0.0.1:{env.get('PORT', '8000')}").rstrip("/")
        if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
            raise ConfigError("QP_BASE_URL must look like https://q.example.org")
        return cls(
            database_url=database_url,
            owner_url=normalise_url(env.get("QP_DATABASE_OWNER_URL", database_url)),
            secret_key=_secret(env.get("QP_SECRET_KEY", ""), demo),
            mail_url=_mail(env.get("QP_MAIL_URL", "demo:" if demo else ""), demo),
            redis_url=env.get("QP_REDIS_URL", ""),
            files_url=_files(env.get("QP_FILES_URL", "")),
            base_url=base_url,
            hosts=_hosts(env.get("QP_HOSTS", "")),
            demo=demo,
            metrics_token=env.get("QP_METRICS_TOKEN", ""),
            contact=_contact(env.get("QP_CONTACT", "help@q.example" if demo else "")),
            app_role=env.get("QP_DATABASE_APP_ROLE", "qp_app"),
        )


def _secret(value: str, demo: bool) -> str:
    if not value and demo:
        return DEMO_SECRET
    if not value:
        raise ConfigError("QP_SECRET_KEY is required: set it to at least 32 random characters")
    if (
        len(value) < SECRET_MIN
        or value.lower() in WEAK_SECRETS
        or len(set(value)) < 8
        or (value == DEMO_SECRET and not demo)
    ):
        raise ConfigError("QP_SECRET_KEY is too weak: use at least 32 random characters")
    return value


def _mail(value: str, demo: bool) -> str:
    if not value:
        raise ConfigError("QP_MAIL_URL is required outside the demonstration, for example smtp://mail.example.org:25")
    try:
        parts = urlsplit(value)
        asked, _ = parse_qs(parts.query), parts.port
    except ValueError as error:
        raise ConfigError("QP_MAIL_URL must be an smtp:// or smtps:// address") from error
    if parts.scheme not in {"smtp", "smtps", "demo"} or (parts.scheme == "demo" and not demo):
        raise ConfigError("QP_MAIL_URL must be an smtp:// or smtps:// address")
    starttls = asked.get("starttls", ["0"])
    if starttls not in (["0"], ["1"]):
        raise ConfigError("QP_MAIL_URL: starttls is 1 or 0")
    clear = parts.scheme == "smtp" and starttls == ["0"] and not _loopback(parts.hostname or "localhost")
    if clear and (parts.username or parts.password):
        raise ConfigError(
            "QP_MAIL_URL would send its password unencrypted: add ?starttls=1 (or use smtps://, or a server on this machine)"
        )
    return value


def _files(value: str) -> str:
    """Where the content of files lies. Without a word it is a folder beside the code, as SQLite's file is."""
    parts = urlsplit(value or FILES)
    if not (
        parts.scheme == "file" and not parts.netloc and parts.path.startswith("/") and len(parts.path) > 1
    ) and not (parts.scheme == "s3" and parts.netloc):
        raise ConfigError("QP_FILES_URL must look like file:///var/lib/q/files or s3://bucket/q")
    return value or FILES


def _loopback(host: str) -> bool:
    """Whether `host` is this machine, by what it is called: no name is looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _contact(value: str) -> str:
    local, _, domain = value.partition("@")
    if value and not (local and "." in domain and value.isascii() and value.isprintable() and " " not in value):
        raise ConfigError("QP_CONTACT must be an email address such as help@q.example.org")
    return value


def _hosts(value: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        host, _, slug = item.partition("=")
        if not host or not slug:
            raise ConfigError("QP_HOSTS must look like scotland.example.org=scotland,wales.example.org=wales")
        pairs[host.lower()] = slug
    return pairs
