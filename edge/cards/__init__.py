"""Paper cards before the class's camera: printed, seen, and counted once they are certain."""
