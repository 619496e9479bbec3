"""The media path: receive, relay and record a lesson without decoding it."""
