"""Words in three languages: nothing is missing, nothing is left over, and plurals are right."""

import ast
import datetime
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.words import LANGUAGES, BadWords, Said
from tests.house.source import ROOT, assert_none, dotted, nodes, place, python_files
from tui.words import FOLDER, OWN_NAMES, words_of

SPEAKS = {"say", "count", "tell", "has", "names"}  # methods whose first argument is a word key
FILES = sorted(path.name for path in (FOLDER / "kk").glob("*.toml"))
BUILT = {"refused-"}  # keys that are put together from what the daemon sends


def said(language: str) -> dict[str, Said]:
    """Return a language's words by key."""
    return {
        key: what
        for path in (FOLDER / language).glob("*.toml")
        for key, what in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def blanks(what: Said) -> list[set[str]]:
    """Return the blanks of a sentence, or of each plural form."""
    sentences = [what] if isinstance(what, str) else [*(what.values() if isinstance(what, dict) else what)]
    return [set(re.findall(r"\{(\w+)\}", sentence)) for sentence in sentences]


def asked() -> Iterator[tuple[Path, int, str, bool]]:
    """Yield file, line, key and whether it is a whole key, wherever a word is asked for."""
    for file in python_files("tui"):
        for node in nodes(file):
            if isinstance(node, ast.Call) and _speaks(node):
                yield from ((file, node.lineno, key, whole) for key, whole in _keys(node.args[0]))
            elif isinstance(node, ast.Call) and dotted(node.func) == "Key":
                yield from ((file, node.lineno, key, True) for key in _words_of_a_key(node))
            elif isinstance(node, ast.Assign | ast.AnnAssign) and _is_heading(node):
                assert isinstance(node.value, ast.Constant)
                yield from ((file, node.lineno, str(node.value.value), True) for _ in [0] if node.value.value)


def _speaks(call: ast.Call) -> bool:
    name = dotted(call.func).split(".")[-1]
    return bool(call.args) and name in SPEAKS and (name != "count" or len(call.args) > 1)


def _keys(node: ast.expr) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, True
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        yield str(node.left.value), False
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value), False
    elif isinstance(node, ast.IfExp):
        yield from _keys(node.body)
        yield from _keys(node.orelse)


def _words_of_a_key(call: ast.Call) -> list[str]:
    also = [keyword.value for keyword in call.keywords if keyword.arg == "also"]
    words = [call.args[1], *(each for words in also if isinstance(words, ast.Tuple) for each in words.elts)]
    return [str(word.value) for word in words if isinstance(word, ast.Constant)]


def _is_heading(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(dotted(target) == "HEADING" for target in targets) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_files_and_keys(language: str) -> None:
    assert sorted(path.name for path in (FOLDER / language).glob("*.toml")) == FILES
    for name in FILES:
        ours, theirs = (tomllib.loads((FOLDER / each / name).read_text()) for each in ("kk", language))
        assert list(ours) == list(theirs), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_the_same_blanks_in_every_language(language: str) -> None:
    ours, theirs = said("kk"), said(language)
    assert_none(
        [
            f"{language}: {key}: {blanks(theirs[key])}, in Kazakh {blanks(ours[key])}"
            for key in ours
            if set.union(*blanks(ours[key])) != set.union(*blanks(theirs[key]))
        ]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_says_the_number(language: str) -> None:
    assert_none(
        [
            f"{language}: {key} has a form without {{count}}"
            for key, what in said(language).items()
            if isinstance(what, dict) and not all("count" in each for each in blanks(what))
        ]
    )


def test_every_word_that_is_asked_for_is_there() -> None:
    known = said("kk")
    assert_none(
        [
            place(file, line, f"no word {key!r}")
            for file, line, key, whole in asked()
            if not (key in known if whole else any(each.startswith(key) for each in known))
        ]
    )


def test_every_word_is_used() -> None:
    written = {
        node.value
        for file in python_files("tui", "edge")
        for node in nodes(file)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } | BUILT
    beginnings = tuple(each for each in written if re.fullmatch(r"[a-z]+(-[a-z]+)*-", each))
    assert_none(
        [
            f"nobody says {key!r}"
            for key in said("kk")
            if key not in written and not key.startswith(beginnings)
        ]
    )


def test_every_refusal_of_the_daemon_has_its_sentence() -> None:
    refusals = {
        key: place(file, node.lineno, f"no sentence refused-{key}")
        for file in python_files("edge")
        for node in nodes(file)
        if isinstance(node, ast.Call) and dotted(node.func) == "Unable" and node.args
        for key, _ in _keys(node.args[0])
    }
    known = said("kk")
    assert_none([where for key, where in refusals.items() if f"refused-{key}" not in known])


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("kk", "2026 ж. 26 қараша, бейсенбі"),
        ("ru", "четверг, 26 ноября 2026 г."),
        ("en", "Thursday, 26 November 2026"),
    ],
)
def test_a_date_is_written_as_in_a_letter(language: str, written: str) -> None:
    assert words_of(language).date(datetime.date(2026, 11, 26)) == written


@pytest.mark.parametrize(
    ("language", "number", "sentence"),
    [
        ("kk", 1, "1 түгендеу жіберуді күтуде."),
        ("kk", 5, "5 түгендеу жіберуді күтуде."),
        ("ru", 1, "1 перекличка ждёт отправки."),
        ("ru", 3, "3 переклички ждут отправки."),
        ("ru", 11, "11 перекличек ждут отправки."),
        ("ru", 21, "21 перекличка ждёт отправки."),
        ("en", 1, "1 roll call waits to be sent."),
        ("en", 0, "0 roll calls wait to be sent."),
    ],
)
def test_what_is_counted_is_said_in_its_plural(language: str, number: int, sentence: str) -> None:
    assert words_of(language).count("today-waiting", number) == sentence


@pytest.mark.parametrize(("language", "written"), [("kk", "3,5"), ("ru", "3,5"), ("en", "3.5")])
def test_a_number_has_the_decimal_sign_of_its_language(language: str, written: str) -> None:
    assert words_of(language).number(3.51, 1) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "0 КБ"), (1, "1 КБ"), (12_345, "13 КБ"), (2_400_000, "2 МБ"), (1_260_000_000, "1,3 ГБ")],
)
def test_a_size_is_told_in_what_people_know(count: int, written: str) -> None:
    assert words_of("kk").size(count) == written


@pytest.mark.parametrize(("seconds", "written"), [(-1, "0:00"), (65.9, "1:05"), (3723, "1:02:03")])
def test_a_duration_is_told_in_minutes(seconds: float, written: str) -> None:
    assert words_of("kk").duration(seconds) == written


def test_what_a_newer_daemon_says_is_told_in_a_sentence() -> None:
    words = words_of("en")
    assert words.told("of-tomorrow", {}) == "A message came that this program does not know yet."
    assert words.told("of-tomorrow", {}, "refused-unknown").startswith("That did not work.")
    assert words.told("today-waiting", {"count": 2}) == "2 roll calls wait to be sent."
    assert not words.missing


def test_a_missing_word_is_no_fault_on_the_screen_but_is_noted() -> None:
    words = words_of("en")
    assert words.say("no-such-word") == "A message came that this program does not know yet."
    assert words.say("room") == "A message came that this program does not know yet."
    assert words.count("room", 3) == "A message came that this program does not know yet."
    assert words.missing == {"no-such-word", "room"}
    words.missing.clear()


@pytest.mark.parametrize(
    "broken",
    [
        'empty = ""',
        "number = 3",
        'waiting = { one = "{count}", few = "{count}", other = "{count}" }',
        'months = ["January"]',
        'twice = "a"',
    ],
)
def test_a_file_that_is_not_sound_is_refused(tmp_path: Path, broken: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en/a.toml").write_text(broken)
    (tmp_path / "en/b.toml").write_text('twice = "b"')
    with pytest.raises(BadWords, match=r"en/[ab].toml: \w+ = "):
        words_of("en", tmp_path)


def test_a_language_that_is_not_ours_is_refused() -> None:
    with pytest.raises(BadWords, match="not a language of ours: 'de'"):
        words_of("de")


def test_every_language_is_called_by_its_own_name() -> None:
    assert list(OWN_NAMES) == list(LANGUAGES)
    assert (ROOT / "tui/locale") == FOLDER
