"""Settings from the environment, typed and checked once. A wrong one stops the boot with one clear line."""

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parent.parent
FILES = (ROOT / "instance" / "files").as_uri()
WEAK_WORDS = (
    "password", "passphrase", "changeme", "changethis", "replaceme", "secretkey", "yoursecret", "goeshere", "development", "insecure",
    "letmein", "qwerty", "default", "example", "placeholder",
)  # fmt: skip
"""What a secret that nobody made up by chance is made of; so long that a random one has none of them in a million years."""
SECRET_MIN = 32
GOOD_SECRET = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
REDIS = {"redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster"}
LOG_LEVELS = {"": logging.INFO, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
"""What `QP_LOG_LEVEL` may say. It is read where the log begins, before anything else is looked at; a wrong one is told there."""
HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")
SENDER = re.compile(r"[!#-'*+./-9=?A-Z^-~-]+@[A-Za-z0-9._-]+")
"""An address that mail can come from: one that cannot be written down would fail every message for good."""
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
    """Everything the platform reads from its environment. `hosts` maps a host name to a tenant's slug; `copy_to` is for
    `qplatform db copy` alone."""

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
    log_requests: bool = True
    contact: str = ""
    app_role: str = "qp_app"
    copy_to: str = ""
    testing: bool = False
    secret_key_before: str = ""

    @property
    def keys(self) -> list[str]:
        """The secret keys whose signatures are accepted, as itsdangerous takes them: the present one, which signs, is the last."""
        return [*filter(None, [self.secret_key_before]), self.secret_key]

    @property
    def https(self) -> bool:
        """Whether people reach the site over TLS: cookies are then Secure and carry the `__Host-` prefix."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Read `QP_*` variables. Raises ConfigError (one line) for a missing or weak secret, an unknown kind of address or level
        of the log, and a switch that is neither 1 nor 0."""
        demo = _switch("QP_DEMO", env.get("QP_DEMO", ""))
        default_db = f"sqlite:///{ROOT / 'instance' / 'q.sqlite'}"
        database_url = normalise_url(env.get("QP_DATABASE_URL", default_db))
        owner_url = normalise_url(env.get("QP_DATABASE_OWNER_URL") or database_url)
        for name, url in (("QP_DATABASE_URL", database_url), ("QP_DATABASE_OWNER_URL", owner_url)):
            if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
                raise ConfigError(f"{name} must be a sqlite:/// or postgresql:// address")
        if env.get("QP_LOG_LEVEL", "") not in LOG_LEVELS:
            raise ConfigError(f"QP_LOG_LEVEL is one of {', '.join(filter(None, LOG_LEVELS))}")
        base_url = env.get("QP_BASE_URL", f"http://127.0.0.1:{env.get('PORT', '8000')}").rstrip("/")
        if urlsplit(base_url).scheme not in {"http", "https"} or not urlsplit(base_url).hostname:
            raise ConfigError("QP_BASE_URL must look like https://q.example.org")
        secret_key = _secret("QP_SECRET_KEY", env.get("QP_SECRET_KEY", ""), demo)
        return cls(
            database_url=database_url,
            owner_url=owner_url,
            secret_key=secret_key,
            secret_key_before=_before(env.get("QP_SECRET_KEY_BEFORE", ""), secret_key, demo),
            mail_url=_mail(env.get("QP_MAIL_URL", "demo:" if demo else ""), demo),
            redis_url=_redis(env.get("QP_REDIS_URL", "")),
            files_url=_files(env.get("QP_FILES_URL", "")),
            base_url=base_url,
            hosts=_hosts(env.get("QP_HOSTS", "")),
            demo=demo,
            metrics_token=env.get("QP_METRICS_TOKEN", ""),
            log_requests=_switch("QP_LOG_REQUESTS", env.get("QP_LOG_REQUESTS", "") or "1"),
            contact=_contact(env.get("QP_CONTACT", "help@q.example" if demo else "")),
            app_role=env.get("QP_DATABASE_APP_ROLE", "qp_app"),
            copy_to=normalise_url(env.get("QP_COPY_TO", "")),
        )


def _secret(name: str, value: str, demo: bool) -> str:
    if demo and value in {"", DEMO_SECRET}:
        return DEMO_SECRET
    if not value:
        raise ConfigError(f"{name} is required: {GOOD_SECRET}")
    if len(value) < SECRET_MIN or _guessable(value):
        raise ConfigError(f"{name} is too weak, at least {SECRET_MIN} random characters are needed: {GOOD_SECRET}")
    return value


def _before(value: str, present: str, demo: bool) -> str:
    """The key before, "" for none."""
    if not value:
        return ""
    if value == present:
        raise ConfigError("QP_SECRET_KEY_BEFORE is the same as QP_SECRET_KEY: give it the key before, or take it away")
    return _secret("QP_SECRET_KEY_BEFORE", value, demo)


def _guessable(value: str) -> bool:
    """Whether `value` looks made by hand: few characters, the same few again and again, runs like 1234 or fedc, weak words.
    Of 300,000 random texts of 32 hexadecimal digits none was."""
    parts = [value[at : at + 3] for at in range(len(value) - 2)]
    steps = [ord(after) - ord(before) for before, after in pairwise(value)]
    letters = "".join(filter(str.isalnum, value.lower()))
    return (
        len(set(value)) < 8
        or len(set(parts)) < 0.7 * len(parts)
        or sum(step in {-1, 0, 1} for step in steps) > 0.75 * len(steps)
        or any(word in letters for word in WEAK_WORDS)
    )


def _switch(name: str, value: str) -> bool:
    if value not in {"", "0", "1"}:
        raise ConfigError(f"{name} is 1 or 0")
    return value == "1"


def _redis(value: str) -> str:
    try:
        parts = urlsplit(value)
        named = parts.path if parts.scheme == "redis+unix" else parts.hostname
        known = parts.scheme in REDIS and named and parts.port != 0
    except ValueError:
        known = False
    if value and not known:
        raise ConfigError("QP_REDIS_URL must look like redis://redis.example.org:6379/0")
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
    if strange := sorted(set(asked) - {"starttls", "from"}):
        raise ConfigError(f"QP_MAIL_URL: it has no {strange[0]}; it has starttls and from")
    if asked.get("from") and not (len(asked["from"]) == 1 and SENDER.fullmatch(asked["from"][0])):
        raise ConfigError("QP_MAIL_URL: from is one address such as q@example.org; a plus sign in it is %2B")
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
        if not HOST.fullmatch(host.strip().lower()) or not slug.strip():
            raise ConfigError("QP_HOSTS must look like scotland.example.org=scotland,wales.example.org=wales")
        pairs[host.strip().lower()] = slug.strip()
    return pairs
