"""Looking and listening: a process of its own that finds slides in recordings and faults in lessons.

`numpy` and OpenCV are loaded there and nowhere else: `__main__`, `eye`, `ear`, `film`, `slides`.
"""
