"""What hub staff bring: rosters and timetables of schools, from files to what would change, to facts.

A file is read whole or not at all (complaints.py), then compared with what is known (roster_plan.py,
timetable_plan.py). Nothing here opens a file, keeps a name or asks a clock: who calls does.
"""
