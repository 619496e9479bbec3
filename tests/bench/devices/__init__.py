"""Measurements of instruments: reading, storing, exporting, stopping; real firmware and programs beside us."""
