"""What the journal is asked for: who was there, what was taught, and what has to be looked at."""
