"""The container files: well formed, complete, and in step with the settings the platform reads."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from core.cli import main
from tests.support.environment import ROOT
from tests.support.sources import files, report, text

COMPOSE, CONTAINERFILE, EXAMPLE = (Path(".deploy") / name for name in ("compose.yaml", "Containerfile", "example.env"))
SETTING = re.compile(r"\bQP_[A-Z_]+\b")
FOR_TESTS = {"QP_TEST_POSTGRES", "QP_TEST_ENGINE", "QP_THOROUGH"}
FOR_THE_STORE = {"AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
FOR_THE_DATABASE = {"QP_OWNER_PASSWORD", "QP_APP_PASSWORD"}


def _read() -> set[str]:
    """The settings that the platform reads."""
    return set(SETTING.findall(text(Path("core/config.py"))))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The compose file's services, merged as YAML merges them."""
    loaded = yaml.safe_load(text(COMPOSE))
    assert isinstance(loaded, dict)
    return dict(loaded["services"])


def test_there_is_a_service_for_each_part(services: dict[str, Any]) -> None:
    assert set(services) == {"db", "redis", "upgrade", "web", "worker"}
    for name in ("upgrade", "web", "worker"):
        build = services[name]["build"]
        assert (ROOT / ".deploy" / build["context"] / build["dockerfile"]).resolve() == ROOT / CONTAINERFILE
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"


def test_web_and_worker_do_not_know_the_owner_of_the_tables(services: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        assert "qp_app:" in services[name]["environment"]["QP_DATABASE_URL"]
        assert "OWNER" not in str(services[name]["environment"]), name
    assert "qp_owner:" in services["upgrade"]["environment"]["QP_DATABASE_OWNER_URL"]


def test_only_loopback_is_published(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_setting_named_anywhere_is_one_the_platform_reads(services: dict[str, Any]) -> None:
    known = _read() | FOR_TESTS | FOR_THE_DATABASE
    found = [
        f"{path}: {name}"
        for path in files(".md", ".yaml", ".env", ".sh", "Containerfile", "Makefile")
        for name in set(SETTING.findall(text(path))) - known
        if not name.endswith("_")
    ]
    assert not found, report(found)
    for name in ("upgrade", "web", "worker"):
        assert set(services[name]["environment"]) <= _read() | FOR_THE_STORE


def test_the_compose_file_hands_on_every_setting(services: dict[str, Any]) -> None:
    elsewhere = {"QP_DATABASE_OWNER_URL", "QP_DATABASE_APP_ROLE", "QP_DEMO", "QP_COPY_TO"}
    for name in ("web", "worker"):
        assert set(services[name]["environment"]) == (_read() - elsewhere) | FOR_THE_STORE, name


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", text(COMPOSE)))
    given = set(re.findall(r"^([A-Z_]+)=", text(EXAMPLE), re.MULTILINE))
    assert asked == given


def _commands() -> list[list[str]]:
    """Every `qplatform …` of the container files, as its words."""
    lines = [*text(CONTAINERFILE).splitlines(), *text(COMPOSE).splitlines()]
    found = []
    for line in lines:
        if "qplatform" in line and not line.lstrip().startswith("#"):
            words = shlex.split(re.sub(r'[\[\]",]', " ", line.split(":", 1)[-1].removeprefix("CMD")))
            starts = [i for i, word in enumerate(words) if word == "qplatform"]
            found += [
                [w for w in words[i + 1 : end] if w != "&&"] for i, end in zip(starts, [*starts[1:], None], strict=True)
            ]
    return found


def test_every_command_is_one_of_qplatform() -> None:
    commands = _commands()
    assert {words[0] for words in commands} == {"serve", "worker", "db", "tenants"}
    for words in commands:
        command: click.Command = main
        rest = words
        while isinstance(command, click.Group):
            assert rest[0] in command.commands, " ".join(words)
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_parser(click.Context(command)).parse_args(list(rest))


def test_the_image_copies_what_exists() -> None:
    ignored = text(Path(".dockerignore"))
    for line in text(CONTAINERFILE).splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in shlex.split(line)[1:-1]:
                assert (ROOT / source).exists(), line
                assert f"!{source}" in ignored, f"{source} is not sent to the build"
