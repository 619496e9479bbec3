"""Whatever a person can type or set is in docs/, and what docs/ names exists."""

import argparse
import re
from collections.abc import Iterator

import pytest
from msgspec import Struct, structs

from edge.__main__ import parser
from edge.config import Config, SerialPort
from edge.tokens import Token
from tests.house.source import ROOT, assert_none


def _commands(of: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield words, of
    for action in below:
        for name, command in action.choices.items():
            yield from _commands(command, f"{words} {name}")


COMMANDS = dict(_commands(parser(), "tirek"))
TABLES = [type(f.default) for f in structs.fields(Config) if isinstance(f.default, Struct)]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_flag_is_in_the_documents(words: str) -> None:
    page = (ROOT / "docs/cli.md").read_text()
    flags = [
        flag for action in COMMANDS[words]._actions for flag in action.option_strings if flag.startswith("--")
    ]
    assert f"`{words}" in page
    assert_none(
        [f"docs/cli.md lacks {words} {flag}" for flag in flags if flag != "--help" and flag not in page]
    )


@pytest.mark.parametrize("table", [Config, *TABLES, SerialPort, Token])
def test_every_config_key_is_in_the_documents(table: type[Struct]) -> None:
    page = (ROOT / "docs/config.md").read_text()
    missing = [
        f.encode_name for f in structs.fields(table) if not re.search(rf"`\[*{f.encode_name}\]*`", page)
    ]
    assert_none([f"docs/config.md lacks `{key}`" for key in missing])


def test_the_documents_tell_the_true_defaults_of_numbers() -> None:
    page = (ROOT / "docs/config.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    numbers = {f.name: f.default for table in TABLES for f in structs.fields(table)}
    assert rows == {name: str(each) for name, each in numbers.items() if type(each) is int}


def test_every_link_between_the_documents_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, to) for page in pages for to in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    ]
    assert_none(
        [
            f"{page.relative_to(ROOT)}: {to} is not there"
            for page, to in links
            if not (page.parent / to).exists()
        ]
    )


def test_the_readme_shows_the_two_commands() -> None:
    shown = re.search(r"```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown is not None
    assert shown[1].splitlines() == ["make demo", "make test"]
