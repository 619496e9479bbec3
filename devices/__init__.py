"""Instruments and robots: what a driver is, the drivers, the experiments, and simulated ones."""
