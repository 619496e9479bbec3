"""The words of the pages: complete in every language, nothing spoken past them."""

import re
from pathlib import Path

import pytest

from edge import words

PAGES = Path(words.__file__).parent / "pages"
SOURCES = sorted([*PAGES.glob("*.html"), *PAGES.glob("*.js")])
HTML = sorted(PAGES.glob("*.html"))
SCRIPTS = sorted(PAGES.glob("*.js"))
NAMES = {"Қазақша", "Русский", "English"}
LITERAL = re.compile(r"'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`|\"((?:[^\"\\\n]|\\.)*)\"")
LETTERS = re.compile(r"[^\W\d_]{2}")


def blanks(said: words.Said) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", str(list(said.values()) if isinstance(said, dict) else said)))


def spoken(language: str) -> dict[str, words.Said]:
    """Return all words of a language: those of every page, and those of the hub teacher's page alone."""
    return words.load(language) | words.load(language, words.TEACH)


def literals(script: Path) -> list[str]:
    text = "\n".join(re.sub(r"(^|\s)//.*|^\s*/?\*\*.*", "", line) for line in script.read_text().splitlines())
    return ["".join(found) for found in LITERAL.findall(text)]


class Spoken:
    """What a page says by itself, and the keys it asks for."""

    def __init__(self, html: str) -> None:
        self.unscripted = "".join(re.findall(r"<noscript>(.*?)</noscript>", html, re.DOTALL))
        scripted = re.sub(r"<noscript>.*?</noscript>", "", html, flags=re.DOTALL)
        spoken_attributes = re.findall(r'\s(?:title|alt|placeholder|aria-label|label)="([^"]*)"', scripted)
        self.texts = re.sub(r"<[^>]*>", "\n", scripted).split("\n") + spoken_attributes
        self.keys = set(re.findall(r'data-words(?:-label)?="([^"]*)"', html))


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_has_the_same_keys_and_blanks(language: str) -> None:
    ours, english = spoken(language), spoken("en")
    assert ours.keys() == english.keys()
    assert {key: blanks(said) for key, said in ours.items()} == {
        key: blanks(said) for key, said in english.items()
    }


def test_no_key_is_in_both_files_of_words() -> None:
    assert words.load("en").keys() & words.of_teaching("en").keys() == set()


def test_only_what_teaches_fetches_the_words_of_teaching() -> None:
    mine = set(words.load("en", words.TEACH))
    others = [page for page in HTML if page.name != "teach.html"]
    assert {page.name: Spoken(page.read_text()).keys & mine for page in others} == {
        page.name: set() for page in others
    }


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(words.BadWords, match=r"'\.\./kk'"):
        words.load("../kk")


@pytest.mark.parametrize(
    "line", ['count = { one = "1", few = "2", many = "5" }', 'months = ["қаңтар"]', 'play = ""', "play = 1"]
)
def test_words_a_page_could_not_speak_are_refused_with_file_and_key(line: str, tmp_path: Path) -> None:
    (tmp_path / "kk.toml").write_text(line, encoding="utf-8")
    with pytest.raises(words.BadWords, match=r"kk\.toml: (count|months|play)"):
        words.load("kk", tmp_path)


def test_no_word_is_unused() -> None:
    asked = set().union(
        *(Spoken(page.read_text()).keys for page in HTML), *(literals(script) for script in SCRIPTS)
    )
    templates = [text for text in asked if "${" in text]
    patterns = [re.compile(re.sub(r"\\\$\\\{.*?\\\}", r"\\w+", re.escape(text))) for text in templates]
    used = asked | {key for key in spoken("en") for one in patterns if one.fullmatch(key)}
    assert set(spoken("en")) - used - {"months", "weekdays", "no-javascript"} == set()


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_every_word_a_page_asks_for_exists(page: Path) -> None:
    assert Spoken(page.read_text()).keys - set(spoken("en")) == set()


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_a_page_says_nothing_but_words_and_symbols(page: Path) -> None:
    spoken = Spoken(page.read_text())
    assert [text for text in spoken.texts if LETTERS.search(text)] == []


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_without_scripts_a_page_says_so_in_every_language(page: Path) -> None:
    said = " · ".join(str(words.load(language)["no-javascript"]) for language in words.LANGUAGES)
    assert Spoken(page.read_text()).unscripted == said


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_but_words_and_names(script: Path) -> None:
    text = script.read_text()
    assert [
        one for one in literals(script) if re.search("[А-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]", one) and one not in NAMES
    ] == []
    assert (
        re.findall(r"(?:textContent|innerText|title|placeholder)\s*[=:]\s*['\"`][^'\"`]*[A-Za-z]{2}", text)
        == []
    )
    assert "innerHTML" not in text
    assert "alert(" not in text
