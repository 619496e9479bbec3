"""Looking and listening: a process of its own that finds slides in recordings, faults in lessons, and cards.

`numpy` and OpenCV are loaded there and nowhere else: `__main__`, `eye`, `ear`, `film`, `markers`, `slides`.
"""
