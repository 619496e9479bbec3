"""The words of exported sheets: the same in every language."""

import re

import pytest
from msgspec import structs

from sync.export.headings import LANGUAGES, load
from sync.export.sheets import COLUMNS
from sync.records import CODES, MODELS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_and_blanks(language: str) -> None:
    said, english = (structs.asdict(load(each)) for each in (language, "en"))
    for part, words in english.items():
        assert list(said[part]) == list(words)
        assert [blanks(text) for text in said[part].values()] == [blanks(text) for text in words.values()]


def blanks(text: str) -> list[str]:
    return re.findall(r"\{\w+\}", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_code_and_model_has_a_word(language: str) -> None:
    said = load(language)
    assert {"name", "pupils", *(column for columns in COLUMNS.values() for column in columns)} == set(
        said.columns
    )
    assert {*CODES, *MODELS} <= set(said.words)
    assert set(CODES) == set(said.letters)


@pytest.mark.parametrize("export", COLUMNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_columns_of_a_sheet_have_one_heading(language: str, export: str) -> None:
    titles = [load(language).columns[column] for column in COLUMNS[export]]
    assert len(set(titles)) == len(titles)


def test_the_letters_are_those_of_the_registers_in_use() -> None:
    kazakh = load("kk").letters
    assert [kazakh[code] for code in ("unexcused", "ill", "excused", "late")] == ["Ж", "А", "Д", "К"]
    assert load("ru").letters["late"] == "О"


def test_what_is_wrong_is_a_sentence() -> None:
    assert load("ru").sentence("unknown-pupil", {"numbers": "31"}) == (
        "Номера, которых нет в списке класса: 31"
    )


def test_a_key_of_a_newer_version_shows_its_blanks() -> None:
    assert load("kk").sentence("unknown-robot", {"kit": "3", "why": "lost"}) == "kit=3; why=lost"


def test_a_language_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="'de'; there are kk, ru, en"):
        load("de")
