"""The worker process, what it sees, and what is said of it."""
