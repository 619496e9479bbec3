"""Processes of a measurement that are not ours: publisher, viewers, receivers, relays."""
