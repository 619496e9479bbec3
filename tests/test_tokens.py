"""Tokens let in who holds them, for what they may, and only their digest is kept."""

import tomllib

import msgspec

from edge import tokens
from edge.tokens import Token


def test_a_fresh_token_opens_what_it_may_and_nothing_else() -> None:
    secret, token = tokens.fresh("Айгүл", ["watch"])
    assert tokens.holder([token], secret, "watch") == token
    assert tokens.holder([token], secret, "publish") is None


def test_a_wrong_token_opens_nothing() -> None:
    _, token = tokens.fresh("Айгүл", ["watch", "publish"])
    assert tokens.holder([token], "guess", "watch") is None
    assert tokens.holder([token], token.sha256, "watch") is None
    assert tokens.holder([], "", "watch") is None


def test_the_right_one_of_several_is_found() -> None:
    _, first = tokens.fresh("a", ["watch"])
    secret, second = tokens.fresh("b", ["watch"])
    assert tokens.holder([first, second], secret, "watch") == second


def test_the_lines_for_the_configuration_read_back_as_the_token() -> None:
    _, token = tokens.fresh('Quote " and \\ backslash', ["publish"])
    rows = tomllib.loads(tokens.table(token))["token"]
    assert msgspec.convert(rows, list[Token]) == [token]


def test_a_token_of_strange_bytes_is_wrong_and_not_an_error() -> None:
    _, token = tokens.fresh("a", ["watch"])
    assert tokens.holder([token], "\udcff\u0000", "watch") is None
