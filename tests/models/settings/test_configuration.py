"""Variables are read and checked, messages have one line, and no password is shown."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from models.settings import machine
from models.settings.configuration import ROOT, VARIABLES, Configuration, ConfigurationError

SECRET = "geheim"


def read(**values: str) -> Configuration:
    return Configuration.from_mapping({f"MEMORY_LAB_{name}": text for name, text in values.items()})


def test_without_variables_every_setting_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 7)
    monkeypatch.setattr(machine, "memory_bytes", lambda: 2 * 2**30)
    configuration = read()
    assert configuration == Configuration()
    assert configuration.store == f"sqlite:///{ROOT}/.memory_lab/runs.sqlite"
    assert configuration.logs == f"{ROOT}/.memory_lab/logs"
    assert configuration.trainers == 3
    assert configuration.megabytes == 1228  # 60 %


def test_small_and_large_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 1)
    monkeypatch.setattr(machine, "memory_bytes", lambda: 2**40)
    assert Configuration().trainers == 1
    assert Configuration().megabytes == 4096


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("STORE", "sqlite:////tmp/mine.sqlite", "sqlite:////tmp/mine.sqlite"),
        ("STORE", "postgresql+psycopg://me:pw@host/lab", "postgresql+psycopg://me:pw@host/lab"),
        ("SHARED", "yes", True),
        ("SHARED", "True", True),
        ("SHARED", "0", False),
        ("TRAINERS", " 2 ", 2),
        ("WAITING", "1", 1),
        ("QUEUE", "1000", 1000),
        ("MINUTES", "0", 0.0),
        ("MINUTES", "2.5", 2.5),
        ("MEGABYTES", "256", 256),
        ("KEEP_RUNS", "0", 0),
        ("KEEP_MEGABYTES", "500", 500),
        ("UNATTENDED_MINUTES", "0.5", 0.5),
        ("LOG_LEVEL", "WARNING", "warning"),
        ("LOGS", "/var/log/memory_lab", "/var/log/memory_lab"),
        ("LOGS", "logs", str(Path("logs").absolute())),
    ],
)
def test_a_variable_that_is_set_is_read(name: str, text: str, value: Any) -> None:
    assert getattr(read(**{name: text}), name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("SHARED", "maybe", "give yes or no"),
        ("TRAINERS", "0", "give a whole number of at least 1"),
        ("TRAINERS", "two", "give a whole number of at least 1"),
        ("WAITING", "1.5", "give a whole number of at least 1"),
        ("QUEUE", "1_000", "give a whole number of at least 1"),
        ("QUEUE", "-1", "give a whole number of at least 1"),
        ("MINUTES", "-1", "give a number of minutes, or 0 for no limit"),
        ("MINUTES", "1e999", "give a number of minutes, or 0 for no limit"),
        ("MINUTES", "nan", "give a number of minutes, or 0 for no limit"),
        ("MEGABYTES", "255", "give a whole number of at least 256"),
        ("KEEP_RUNS", "-1", "give a whole number of at least 0"),
        ("KEEP_MEGABYTES", "1 GB", "give a whole number of at least 0"),
        ("UNATTENDED_MINUTES", "0", "give a number of minutes above 0"),
        ("UNATTENDED_MINUTES", "inf", "give a number of minutes above 0"),
        ("LOG_LEVEL", "loud\nly", "give one of debug, info, warning, error"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_line(
    name: str, text: str, allowed: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{name: text})
    assert str(caught.value) == f"MEMORY_LAB_{name} is {text!r}: {allowed}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgres://me:{SECRET}@host/lab", "postgres://…"),
        (f"postgresql+nodriver://me:{SECRET}@host/lab", "postgresql+nodriver://…"),
        (f"postgresql://me:{SECRET}@host:port/lab", "postgresql://…"),
        (f"postgresql//me:{SECRET}@host/lab", "…"),
        (f"me:{SECRET}://host/lab", "…"),
        ("runs.sqlite", "…"),
    ],
)
def test_a_broken_store_is_refused_without_its_password(url: str, shown: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(STORE=url)
    assert str(caught.value).startswith(f"MEMORY_LAB_STORE is {shown!r}: give an SQLAlchemy URL")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://me:{SECRET}@host/lab", "postgresql://me:***@host/lab"),
        (f"postgresql://host/lab?user=me&password={SECRET}", "password=hidden"),
        ("sqlite:///runs.sqlite", "sqlite:///runs.sqlite"),
    ],
)
def test_a_configuration_shown_to_anyone_has_no_password(url: str, shown: str) -> None:
    configuration = read(STORE=url)
    assert configuration.store == url
    assert shown in configuration.describe()["store"]
    assert SECRET not in f"{configuration.describe()} {configuration!r}"
    assert configuration.passwords == ((SECRET,) if SECRET in url else ())


def test_every_setting_is_described_and_can_be_set() -> None:
    names = [one.name for one in fields(Configuration)]
    assert list(Configuration().describe()) == names == list(VARIABLES)
    described = read(SHARED="yes", MINUTES="0", KEEP_RUNS="7").describe()
    assert described["shared"] == "yes"
    assert described["minutes"] == described["keep_megabytes"] == "no limit"
    assert described["unattended_minutes"] == "5"
    assert described["keep_runs"] == "7"


@pytest.mark.parametrize(
    ("variable", "closest"),
    [
        ("MEMORY_LAB_TRAINER", "MEMORY_LAB_TRAINERS"),
        ("MEMORY_LAB_store", "MEMORY_LAB_STORE"),
        ("MEMORY_LAB_KEEP_RUN", "MEMORY_LAB_KEEP_RUNS"),
        ("MEMORY_LAB_MEGABYTE", "MEMORY_LAB_MEGABYTES"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_closest_name(variable: str, closest: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Configuration.from_mapping({variable: SECRET})
    assert str(caught.value) == f"there is no variable {variable!r}: did you mean {closest}?"


def test_empty_variables_and_those_without_the_prefix_are_ignored() -> None:
    assert Configuration.from_mapping({"MEMORY_LAB_TRAINERS": " ", "PATH": "/bin"}) == read()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMORY_LAB_QUEUE", "17")
    assert Configuration.from_environment().queue == 17


def test_importing_it_is_light() -> None:
    program = "import sys, models.settings.configuration; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
