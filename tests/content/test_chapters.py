"""Places worth going to, from facts and gaps."""

from edge.content.chapters import MAX_CHAPTERS, chapters
from sync.clock import pack
from sync.records import ExperimentMade, Fact, QuestionAsked, Record, encode

NINE = 1_795_662_000_000


def fact(seconds: float, record: Record) -> Fact:
    kind, body = encode(record)
    return pack(NINE + round(seconds * 1000)), kind, body


def test_questions_experiments_and_gaps_are_chapters_in_order() -> None:
    facts = [
        fact(900.0, QuestionAsked("7Б 2026-11-26 09:00", "algebra", "Неге теріс?")),
        fact(1500.0, ExperimentMade("cooling", "2026-11-26T03:10:00Z", 300.0, 3000)),
        fact(901.0, QuestionAsked("8А 2026-11-26 09:00", "physics", "another lesson's")),
    ]
    found = chapters(NINE, 2700.0, "algebra", [120.0], facts)
    assert [(each.at, each.kind, each.title) for each in found] == [
        (0.0, "start", ""),
        (120.0, "gap", ""),
        (600.0, "experiment", "cooling"),
        (900.0, "question", "Неге теріс?"),
    ]


def test_what_happened_outside_the_recording_is_none_of_it() -> None:
    facts = [fact(at, QuestionAsked("", "algebra", "?")) for at in (-5.0, 2701.0)]
    assert [each.kind for each in chapters(NINE, 2700.0, "algebra", [], facts)] == ["start"]


def test_slides_are_chapters_with_pictures_and_the_first_is_the_beginning() -> None:
    slides = [(0.0, "/0.jpg"), (31.24, "/1.jpg"), (3000.0, "/2.jpg")]
    found = chapters(NINE, 2700.0, "algebra", [20.0], [], slides)
    assert [(each.at, each.kind, each.picture) for each in found] == [
        (0.0, "start", "/0.jpg"),
        (20.0, "gap", ""),
        (31.2, "slide", "/1.jpg"),
    ]


def test_facts_that_cannot_be_read_are_passed_over() -> None:
    facts = [(pack(NINE), "question-asked", "{}"), (pack(NINE), "of-a-newer-node", "{}")]
    wrong = ExperimentMade("cooling", "yesterday", 1.0, 1)
    found = chapters(NINE, 60.0, "algebra", [], [*facts, fact(5.0, wrong)])
    assert [(each.kind, each.at) for each in found] == [("start", 0.0), ("experiment", 5.0)]


def test_there_are_no_more_than_a_person_looks_through() -> None:
    assert len(chapters(NINE, 2700.0, "algebra", [float(n) for n in range(1, 1000)], [])) == MAX_CHAPTERS
