"""What the journal is to reach, measured: bytes, facts a second, memory, the disk."""
