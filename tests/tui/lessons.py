"""Every state that a lesson can have, and what is said of it in each language."""

from datetime import datetime

from edge.contract.notices import Lesson, Offer, Recorded
from tests.tui.fake_daemon import DATE

OFFER = Offer("lesson-7", "Ньютонның екінші заңы", "2026-11-19", 43)
TEN = round(datetime.fromisoformat(f"{DATE}T10:00:00").timestamp() * 1000)
RECORDED = Recorded("recording", 754)


def a_lesson(state: str = "live", **changes: object) -> Lesson:
    fields: dict[str, object] = {
        "state": state,
        "lesson": "7Б 2026-11-26 10:00",
        "class_": "7Б",
        "subject": "Физика",
        "topic": "Ньютонның екінші заңы",
        "teacher": "Гүлнар Сейітқызы",
        "hub": "Қарасу тірек мектебі",
        "stream": "lesson",
        "can_pause": True,
        "recorded": RECORDED,
    }
    return Lesson(**{**fields, **changes})  # type: ignore[arg-type] # the test gives what the fields take


STATES = {
    "none": Lesson(),
    "waiting": a_lesson("waiting", stream="", recorded=Recorded()),
    "offered": a_lesson("waiting", stream="", recorded=Recorded(), away=25.0, offer=OFFER),
    "choosing": a_lesson("choosing", stream="", choices=("fizika", "himia")),
    "live": a_lesson(),
    "behind": a_lesson("behind", behind=45.0, position=709.0, length=754.0),
    "paused": a_lesson("paused", behind=90.0, position=664.0, length=754.0, paused=True),
    "behind-unrecorded": a_lesson("behind", behind=9.0, position=745.0, length=754.0, recorded=Recorded()),
    "paused-full": a_lesson(
        "paused", behind=9.0, length=754.0, recorded=Recorded("stopped", 754, "disk-full")
    ),
    "lost": a_lesson("lost", away=12.0),
    "lost-offer": a_lesson("lost", away=21.0, offer=OFFER),
    "playing": a_lesson("playing", away=40.0, position=62.0, length=2580.0),
    "playing-back": a_lesson("playing", position=62.0, length=2580.0),
    "playing-choice": a_lesson("playing", stream="", away=40.0, length=60.0, choices=("fizika", "himia")),
    "playing-held": a_lesson("playing", position=62.0, length=2580.0, paused=True),
    "library": Lesson("playing", position=5.0, length=60.0),
    "stopped": a_lesson(recorded=Recorded("stopped", 754, "disk-full")),
    "stopped-why": a_lesson(recorded=Recorded("stopped", 754, "something-newer")),
    "unrecorded": a_lesson(recorded=Recorded(), can_pause=False),
    "hand": a_lesson(hand=TEN, questions=5),
}
SAYS = {
    "none": ("Қазір сабақ жүріп жатқан жоқ.", "Сейчас урок не идёт.", "No lesson is running."),
    "waiting": ("өзі басталады", "он начнётся сам", "it begins by itself"),
    "offered": ("19 қараша, 43 мин", "19 ноября, 43 мин", "19 November, 43 min"),
    "choosing": ("Сіздікі қайсысы?", "Какой из них ваш?", "Which of them is yours?"),
    "live": ("● Тікелей эфир", "● Прямой эфир", "● Live"),
    "behind": ("◷ Эфирден −0:45", "◷ −0:45 от эфира", "◷ 0:45 behind live"),
    "paused": ("‖ Кідіртілді, эфирден −1:30", "‖ Пауза, −1:30 от эфира", "‖ Paused, 1:30 behind live"),
    "behind-unrecorded": ("жазылып жатқан жоқ: қазір", "но запись не идёт", "and it is not recorded"),
    "paused-full": ("жазылып жатқан жоқ: қазір", "но запись не идёт", "and it is not recorded"),
    "lost": ("✕ Тірек мектептен 12 секунд", "12 секунд ничего нет.", "hub school for 12 seconds."),
    "lost-offer": ("Enter осы тақырыптағы", "21 секунду ничего нет.", "Enter shows a recording"),
    "playing": ("▶ Жазба, 1:02 / 43:00", "▶ Запись, 1:02 из 43:00", "▶ Recording, 1:02 of 43:00"),
    "playing-back": ("F8 соған қайтарады", "F8 вернёт к ней", "F8 goes back to it"),
    "playing-choice": ("F8 соған қайтарады", "F8 вернёт к ней", "F8 goes back to it"),
    "playing-held": ("‖ Жазба кідіртілді", "‖ Запись на паузе", "‖ Recording paused"),
    "library": ("Кітапханадағы жазба", "Запись из библиотеки", "A recording from the library"),
    "stopped": ("✕ Дискіде орын жоқ:", "✕ На диске нет места:", "✕ The disk is full:"),
    "stopped-why": ("✕ Жазу тоқтады", "✕ Запись остановлена", "✕ Recording has stopped"),
    "unrecorded": ("F3 жазуды қосады", "F3 включит запись", "F3 records it"),
    "hand": ("10 мин болды. ✓ 5 сұрақ", "уже 10 мин. ✓ Задано 5 вопросов.", "for 10 min. ✓ 5 questions"),
}
LANGUAGES = ("kk", "ru", "en")
