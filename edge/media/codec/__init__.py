"""The codecs a lesson may have: RTP payloads to whole frames and back (cores)."""
