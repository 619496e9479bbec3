"""`tirek report gap`: hub schools beside small schools, as text, as a table, or for scripts."""

import argparse
from collections.abc import Iterator, Mapping

import msgspec

from edge.commands.exporting import Output
from edge.commands.place import opened, who
from edge.exports import selection, source
from edge.journal import Journal
from sync.export import headings
from sync.export.checked import Quizzed, Quizzes
from sync.export.gap import Counted, Side, Week, compared
from sync.export.rows import Selection
from sync.export.sheets import Csv, Row
from sync.export.source import Source
from sync.export.talk import week_of
from sync.records import Audited

COLUMNS = (
    *("week", "questions", "left_out", "hub_schools", "hub_answered", "hub_rights", "hub_share", "hub_from"),
    *("hub_to", "small_schools", "small_answered", "small_rights", "small_share", "small_from", "small_to"),
    *("gap", "gap_from", "gap_to", "verdict"),
)


def gap(parsed: argparse.Namespace) -> int:
    """Print week by week by how much hub schools are ahead, and how sure that is."""
    words = headings.load(parsed.lang or "en").gap
    with Output(parsed.out, terminal=parsed.format == "text") as out:
        with opened(parsed) as journal:
            chosen = selection("", "", parsed.first, parsed.last, journal.ledger.newest())
            journal.ledger.note("log", "", Audited(who(), "exported", "report gap")).result()
            weeks = _weeks(journal, chosen, parsed.subject.casefold())
        written = {"text": _text, "csv": _csv, "json": _json}[parsed.format]
        out.file.write(written(weeks, words))
        out.keep()
    return 0


def _weeks(journal: Journal, chosen: Selection, subject: str) -> list[Week]:
    with source(journal) as facts:
        hubs = facts.hub_schools() | ({journal.school} if journal.school and facts.has_below() else set())
        return compared(_rows(facts, chosen, subject), hubs)


def _rows(facts: Source, chosen: Selection, subject: str) -> Iterator[Counted]:
    quizzes = Quizzes(facts)
    for school in facts.schools():
        timetable = facts.timetable(school) if subject else {}
        for quizzed in quizzes.of(school):
            planned = timetable.get(quizzed.lesson)
            about = planned.plan.subject.casefold() if planned else ""
            if chosen.takes(quizzed.day) and subject in ("", about) and quizzed.check.asked.right:
                yield _counted(school, quizzed)


def _counted(school: str, quizzed: Quizzed) -> Counted:
    asked, answer = quizzed.check.asked, quizzed.answer
    question = (asked.item, asked.number) if asked.item else (asked.check, 0)
    rights = answer.counts.get(asked.right, 0) if answer else 0
    return Counted(school, week_of(quizzed.day), question, answer.answered if answer else 0, rights)


# The three ways it is written ------------------------------------------------------------------------------


def _row(week: Week) -> dict[str, str | int | None]:
    low, high = week.interval
    return {
        "week": week.week or "all",
        "questions": week.questions,
        "left_out": week.left_out,
        **_side("hub", week.hubs),
        **_side("small", week.small),
        "gap": _percent(week.gap),
        "gap_from": _percent(low) if week.gap is not None else None,
        "gap_to": _percent(high) if week.gap is not None else None,
        "verdict": week.verdict,
    }


def _side(name: str, side: Side) -> dict[str, str | int | None]:
    low, high = side.interval
    known = side.share is not None
    return {
        f"{name}_schools": len(side.schools),
        f"{name}_answered": side.answered,
        f"{name}_rights": side.rights,
        f"{name}_share": _percent(side.share),
        f"{name}_from": _percent(low) if known else None,
        f"{name}_to": _percent(high) if known else None,
    }


def _json(weeks: list[Week], words: Mapping[str, str]) -> bytes:
    *single, total = (_row(each) for each in weeks)
    return msgspec.json.encode({"weeks": single, "all": total}) + b"\n"


def _csv(weeks: list[Week], words: Mapping[str, str]) -> bytes:
    sheet = Csv(COLUMNS)
    rows: list[Row] = [_row(each) for each in weeks]
    return sheet.head() + b"".join(map(sheet.row, rows))


def _text(weeks: list[Week], words: Mapping[str, str]) -> bytes:
    lines = [words["title"], words["compared"], ""]
    for week in weeks:
        name = words["all"] if not week.week else week.week
        lines.append(words["questions"].format(week=name, count=week.questions, left=week.left_out))
        if week.questions:
            lines += [_said("hubs", week.hubs, words), _said("small", week.small, words)]
            lines.append("  " + _verdict(week, words))
    lines += ["", words["unsure"]]
    return ("\n".join(lines) + "\n").encode()


def _said(name: str, side: Side, words: Mapping[str, str]) -> str:
    low, high = side.interval
    return "  " + words["side"].format(
        name=words[name],
        share=_percent(side.share),
        low=_percent(low),
        high=_percent(high),
        rights=side.rights,
        answered=side.answered,
        schools=len(side.schools),
    )


def _verdict(week: Week, words: Mapping[str, str]) -> str:
    low, high = (_percent(each) for each in week.interval)
    return words[week.verdict].format(gap=abs(_percent(week.gap) or 0), low=low, high=high)


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
