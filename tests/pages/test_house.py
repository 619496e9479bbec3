"""What every file of the pages must keep: small, readable, from this node only, no inline script."""

import gzip
import json
import re
from itertools import product
from pathlib import Path

import pytest

from edge import words

PAGES = Path(words.__file__).parent / "pages"
FILES = sorted(path for path in PAGES.iterdir() if path.is_file())
HTML = sorted(PAGES.glob("*.html"))
SCRIPTS = sorted(PAGES.glob("*.js"))
CSS = "".join(path.read_text() for path in sorted(PAGES.glob("*.css")))

LARGEST_WATCH_PAGE = (
    20 * 1024
)  # gzipped, with script, style and the words of one language; the promise is 50 KB
LARGEST_TEACH_PAGE = 40 * 1024  # … and of the hub teacher's, before there is a lesson
LARGEST_LESSON = 40 * 1024  # … and what is fetched when one begins: the hub's own computer has it
LARGEST_LIBRARY_PAGE = 30 * 1024  # … and of the library, which the oldest tablets open
LEAST_CONTRAST = 7.0
LONGEST_SCRIPT = 400

# What Chromium 61 and Firefox 60 do not know; the library's page is for them too.
NEW_WORDS = re.compile(
    r"\?\.[a-z[(]|\?\?|\{ ?\.\.\.|^\s*(?:import|export)\b|#\w+\(|Object\.(?:hasOwn|fromEntries)"
    r"|replaceChildren|AbortSignal|\.at\(-|\.flat\(|\.finally\(|catch \{|globalThis",
    re.MULTILINE,
)
NEW_STYLES = re.compile(r"(?<!grid-)\bgap:|clamp\(|inset:|:is\(|:has\(|:where\(|aspect-ratio|dvh|\bmax\(")

SIGNS = ("text", "muted", "accent", "ok", "bad", "info")
GROUNDS = ("bg", "surface", "panel")
FILLS = ("accent", "bad")  # what --ink is written on


def needed_by(page: Path) -> set[Path]:
    """The files a browser fetches for a page."""
    needed, waiting = set[Path](), [page]
    while waiting:
        here = waiting.pop()
        needed.add(here)
        names = re.findall(r"(?:/static/|from '\./)([\w.]+)", here.read_text())
        waiting += [PAGES / name for name in names if PAGES / name not in needed]
    return needed


def palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r"color-scheme: (\w+);(.*?)\}", CSS, re.DOTALL)
    return {name: dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for name, block in blocks}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_whole_watch_page_is_small() -> None:
    spoken = [json.dumps(words.load("kk"), ensure_ascii=False).encode()]
    sent = [path.read_bytes() for path in needed_by(PAGES / "watch.html")] + spoken
    assert sum(len(gzip.compress(one)) for one in sent) <= LARGEST_WATCH_PAGE


def test_the_whole_library_page_is_small_and_asks_for_nothing_that_old_tablets_lack() -> None:
    spoken = [json.dumps(words.load("kk"), ensure_ascii=False).encode()]
    sent = [path.read_bytes() for path in needed_by(PAGES / "library.html")] + spoken
    assert sum(len(gzip.compress(one)) for one in sent) <= LARGEST_LIBRARY_PAGE
    assert NEW_WORDS.findall((PAGES / "library.js").read_text()) == []
    assert NEW_STYLES.findall((PAGES / "library.css").read_text()) == []


def test_the_teach_page_is_small_and_what_a_lesson_needs_comes_when_there_is_one() -> None:
    spoken = [json.dumps(load("kk"), ensure_ascii=False).encode() for load in (words.load, words.of_teaching)]
    first = needed_by(PAGES / "teach.html")
    later = set().union(*(needed_by(PAGES / f"{name}.js") for name in ("lesson", "checks", "curves"))) - first
    assert not {path.name for path in first} & {"strip.js", "floor.js", "checks.js", "curves.js"}
    assert sum(len(gzip.compress(one)) for one in [*(path.read_bytes() for path in first), *spoken]) <= (
        LARGEST_TEACH_PAGE
    )
    assert sum(len(gzip.compress(path.read_bytes())) for path in later) <= LARGEST_LESSON


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_can_be_read_from_the_back_of_the_room(scheme: str) -> None:
    colours = palettes()[scheme]
    pairs = [*product(SIGNS, GROUNDS), *(("ink", fill) for fill in FILLS)]
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < LEAST_CONTRAST} == {}


def test_colours_come_only_from_the_palettes() -> None:
    rules = re.sub(r"--\w+: #[0-9a-f]{6};", "", CSS)
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[;\s,)])|rgba?\(|hsla?\(", rules) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_an_address_off_the_node(path: Path) -> None:
    allowed = {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
        "http://localhost${location.port",
    }
    found = set(
        re.findall(r"(?:https?:|wss?:|stun:|turn:)?//[\w$][^\s'\"`<)&]*", path.read_text(), re.IGNORECASE)
    )
    assert {one for one in found if ":" in one.split("//")[0]} - allowed == set()
    assert "@import" not in path.read_text()


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_a_page_has_no_inline_script_and_no_inline_style(page: Path) -> None:
    html = page.read_text()
    assert (
        re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", html, re.IGNORECASE) == []
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_code_from_text(script: Path) -> None:
    assert re.findall(r"\beval\(|new Function|setAttribute\('style'|blob:", script.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_opens_with_what_it_is_for(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= LONGEST_SCRIPT
    assert [line for line in lines if len(line) > 130] == []


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_every_file_a_page_asks_for_is_there(page: Path) -> None:
    assert [path.name for path in needed_by(page) if not path.is_file()] == []
