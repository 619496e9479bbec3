"""What people write in a cell: a class, a number, a day, a time, a model. What is none is None.

A class is written in one way everywhere, because rosters, timetables and registers find each other by it:
7Б for «7 "б"», «7-Б», «7Б класс»; and with a Cyrillic letter, because А and A look the same and are typed as
the keyboard happens to be.
"""

import re
from datetime import date

from sync.importers.columns import fold, known

MAX_CLASS = 32  # letters: it is typed, and stands in the name of each lesson

LATIN = str.maketrans("ABCEHKMOPTXY", "АВСЕНКМОРТХУ")
LETTER = r"[A-Za-zА-яЁёӘәІіҢңҒғҮүҰұҚқӨөҺһ]"
QUOTES = "\"'«»“”„‘’"
CLASS = re.compile(
    rf"0?(\d{{1,2}})\s*[-–]?\s*[{QUOTES}]?({LETTER}?)[{QUOTES}]?(?:\s*(?:класс|сынып|class|кл\.?))?"
)
CLASS_FIRST = re.compile(
    rf"0?(\d{{1,2}}(?:\s*[-–]?\s*[{QUOTES}]?{LETTER}[{QUOTES}]?)?)(?:\s*[:,–—-]\s*|\s+|$)(.*)"
)

CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?::00)?")
CLOCKS = re.compile(r"([\d:.]+)\s*[-–—]\s*([\d:.]+)")
ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?: 00:00(?::00)?)?")
DOTTED_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")

WEEKDAYS = known(
    {
        "1": ("monday", "mon", "понедельник", "пн", "дүйсенбі", "дс", "дүй"),
        "2": ("tuesday", "tue", "вторник", "вт", "сейсенбі", "сс", "сей"),
        "3": ("wednesday", "wed", "среда", "ср", "сәрсенбі", "сәр"),
        "4": ("thursday", "thu", "четверг", "чт", "бейсенбі", "бс", "бей"),
        "5": ("friday", "fri", "пятница", "пт", "жұма", "жм", "жұм"),
        "6": ("saturday", "sat", "суббота", "сб", "сенбі", "сен"),
        "7": ("sunday", "sun", "воскресенье", "вс", "жексенбі", "жс", "жк", "жек"),
    }
)
MODELS = known(
    {
        "streaming": (
            "stream",
            "трансляция",
            "стриминг",
            "стрим",
            "прямой эфир",
            "тікелей эфир",
            "трансляциялау",
        ),
        "online-teaching": (
            *("online", "online lesson", "онлайн", "онлайн-урок", "онлайн-обучение", "онлайн-преподавание"),
            *("онлайн сабақ", "онлайн оқыту", "дистанционно", "қашықтан"),
        ),
        "hub-and-magnet": (
            *("hub and magnet school", "hub", "magnet", "опорная и магнитная школа", "опорная и магнитная"),
            *(
                "опорная школа",
                "магнитная школа",
                "тірек және магнитті мектеп",
                "тірек мектеп",
                "магнитті мектеп",
            ),
        ),
        "digital-solutions": (
            *("digital solution", "digital", "цифровые решения", "цифровое решение"),
            *("цифрлық шешімдер", "цифрлық шешім"),
        ),
    }
)


def class_name(text: str) -> str:
    """Return a class as it is written everywhere, "" for what cannot be one."""
    match = CLASS.fullmatch(text.strip())
    if match:
        return match[1] + match[2].upper().translate(LATIN)
    return text.strip() if len(text.strip()) <= MAX_CLASS else ""


def class_and_rest(text: str) -> tuple[str, str]:
    """Return the class that a text begins with, and what follows: 7Б, Физика; no class, and the text."""
    match = CLASS_FIRST.fullmatch(text.strip())
    return (class_name(match[1]), match[2].strip()) if match else ("", text.strip())


def is_class(text: str) -> bool:
    """Whether this is a number and perhaps a letter, and nothing else."""
    return CLASS.fullmatch(text.strip()) is not None


def number(text: str, most: int) -> int | None:
    """Return a whole number from 1 on."""
    value = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0
    return value if 1 <= value <= most else None


def clock(text: str) -> tuple[str, int | None] | None:
    """Return HH:MM of "8.30", and the minutes too of "8:30-9:15"."""
    match = CLOCKS.fullmatch(text)
    begins, ends = (_minute(match[1]), _minute(match[2])) if match else (_minute(text), None)
    if begins is None or (match and (ends is None or ends <= begins)):
        return None
    return f"{begins // 60:02}:{begins % 60:02}", None if ends is None else ends - begins


def _minute(text: str) -> int | None:
    match = CLOCK.fullmatch(text)
    return int(match[1]) * 60 + int(match[2]) if match else None


def day(text: str) -> date | None:
    """Return the date of 2026-11-23, 23.11.2026 or 23/11/2026."""
    iso, dotted = ISO_DAY.fullmatch(text), DOTTED_DAY.fullmatch(text)
    parts = iso.groups() if iso else dotted.groups()[::-1] if dotted else ()
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


def weekday(text: str) -> int | None:
    """Return 1 for Monday to 7 for Sunday."""
    key = WEEKDAYS.get(fold(text))
    return int(key) if key else None


def model(text: str) -> str | None:
    """Return one of the four models of records.MODELS."""
    return MODELS.get(fold(text))
