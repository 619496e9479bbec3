"""What a screen and the daemon say to each other; both ends import this and nothing else of each other."""
