"""Recording: frames to files that survive a power cut, and the files afterwards."""
