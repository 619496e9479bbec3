"""The laboratory: instruments and their lines, experiments that are recorded, robots that are stopped."""
