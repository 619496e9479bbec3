"""What classes say back in a lesson: they are seen and heard, get the floor, and are answered."""
