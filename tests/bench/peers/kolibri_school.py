"""What a school enters into Kolibri, run by Kolibri's own Python: a roster or registers, from standard input.

It goes through Kolibri's models, as its pages do, so that every row is one to be synced.
"""

import json
import sys
from datetime import datetime
from importlib import import_module
from typing import Any


def main() -> None:
    """Enter what is asked for, with one commit."""
    work = json.load(sys.stdin)
    import_module("kolibri.utils.main").initialize(skip_update=True)
    with import_module("django.db").transaction.atomic():
        _enter_roster(**work["roster"]) if "roster" in work else _enter_registers(work["registers"])


def _enter_roster(classes: dict[str, int], teachers: list[str]) -> None:
    people = import_module("kolibri.core.auth.models")
    facility = people.Facility.get_default_facility()
    for number, name in enumerate(teachers):
        teacher = people.FacilityUser.objects.create(
            username=f"teacher{number}", full_name=name, facility=facility
        )
        facility.add_coach(teacher)
    for name, pupils in classes.items():
        room = people.Classroom.objects.create(name=name, parent=facility)
        for number in range(1, pupils + 1):
            pupil = people.FacilityUser.objects.create(
                username=f"{name}_{number}", full_name=f"{number}", facility=facility
            )
            room.add_member(pupil)


def _enter_registers(registers: list[dict[str, Any]]) -> None:
    people, attendance = (import_module(f"kolibri.core.{name}.models") for name in ("auth", "attendance"))
    users = {user.username: user for user in people.FacilityUser.objects.all()}
    teachers = {user.full_name: user for user in users.values()}
    rooms = {room.name: room for room in people.Classroom.objects.all()}
    for register in registers:
        name, at = register["class"], datetime.fromisoformat(register["at"])
        session = attendance.AttendanceSession.objects.create(
            collection=rooms[name],
            created_by=teachers[register["teacher"]],
            session_start_datetime=at,
            date_created=at,
            date_modified=at,
        )
        for pupil, present in register["present"].items():
            attendance.AttendanceRecord.objects.create(
                attendance_session=session, user=users[f"{name}_{pupil}"], present=present
            )


if __name__ == "__main__":
    main()
