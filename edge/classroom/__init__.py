"""What the teacher's screen needs of the daemon: the day, the lesson that runs, registers, the library."""
