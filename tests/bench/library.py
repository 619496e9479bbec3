"""Search in a library of 10,000 things, recordings and what hubs published: the answer that a screen gets."""

import time

import msgspec

from edge.classroom.ties import Tied
from edge.content.holdings import Copy, Entry, Question, Wish, arranged, ordered, search
from edge.content.published import Material, entry_of
from tests.bench.table import Table, centiles

COUNT = 10_000
ROUNDS, QUICK = 200, 30
GOAL = 50  # milliseconds
FIRST = 1_795_662_000_000
LESSON = 2700.0
SUBJECTS = ("Алгебра", "Қазақ тілі", "Физика", "Химия", "Биология", "История", "English", "Информатика")
TOPICS = ("Квадрат теңдеулер", "Ньютонның екінші заңы", "Квадратные уравнения", "Past simple", "Көмірсулар")
LANGS = ("kk", "ru", "en")
QUESTIONS = {
    "nothing typed": Question(),
    "one letter": Question("т"),
    "two words, letters that the keyboard lacks": Question("ньютоннын зан"),
    "four words": Question("квадрат теңде алгебра 7"),
    "what nobody has": Question("жоқжоқ"),
    "subject, kind, language and grade": Question("", "Физика", "pages", "kk", "7"),
}


def run(quick: bool) -> Table:
    """Measure every question in the whole library."""
    entries = _entries()
    wishes = {entry.source: Wish("tonight") for entry in entries[:200] if entry.source}
    rounds = QUICK if quick else ROUNDS
    rows = [_row(what, _measured(entries, question, wishes, rounds)) for what, question in QUESTIONS.items()]
    began = time.perf_counter()
    _entries()
    rows.append((f"all {COUNT} read anew and put in order", f"{_ms(began):.0f}", "", "", "", "", "–"))
    return Table(
        "library-search",
        f"Search over {COUNT:,} items",
        ("milliseconds", "median", "p95", "p99", "most", "found", "to reach"),
        rows,
        (
            f"{COUNT // 2:,} recordings of a timetable and {COUNT // 2:,} materials; {rounds} times each.",
            "From the question to the bytes of the answer, at most 200 items of what was found. It is done in"
            " a thread; the lesson goes on meanwhile.",
        ),
    )


def _measured(
    entries: list[Entry], question: Question, wishes: dict[str, Wish], rounds: int
) -> tuple[list[float], int]:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = search(entries, question, wishes)
        msgspec.json.encode(found)
        times.append(_ms(began))
    return times, found.total


def _ms(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def _row(what: str, measured: tuple[list[float], int]) -> tuple[str, ...]:
    times, found = measured
    return (what, *(f"{each:.1f}" for each in centiles(times)), f"{found}", f"≤ {GOAL}")


def _entries() -> list[Entry]:
    half = range(COUNT // 2)
    recordings = [_copy(number) for number in half]
    return ordered([*arranged(recordings, []), *(entry_of(_material(number)) for number in half)])


def _copy(number: int) -> Copy:
    begins = FIRST + number * 3_000_000
    class_ = f"{5 + number % 7}{'АБ'[number % 2]}"
    subject, topic = SUBJECTS[number % 8], f"{TOPICS[number % 5]} {number}"
    tied = Tied(
        f"{class_} {number}", class_, "2026-11-26", subject, topic, "Айгүл", "hub", begins, begins + 2_700_000
    )
    return Copy(f"r{number}", f"s{number % 9}", begins, LESSON, "2026-11-26", 1, number % 3 > 0, tied=tied)


def _material(number: int) -> Material:
    media_type = ("video/mp4", "application/pdf", "application/zip+html", "audio/mp4")[number % 4]
    return Material(
        f"{number:064x}",
        f"sabaq-{number}-{TOPICS[number % 5].replace(' ', '_')}.mp4",
        media_type,
        1 << 20,
        f"{TOPICS[number % 5]} {number}",
        SUBJECTS[number % 8],
        f"{5 + number % 7}",
        TOPICS[number % 5],
        LANGS[number % 3],
        FIRST + number * 3_000_000,
        "2026-11-26",
        here=number % 2 > 0,
    )
