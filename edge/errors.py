"""The daemon's own errors; each floor below has its tree, translated at its door.

TirekError
├── ConfigWrong     a configuration refused: file, key and value are in the sentence
└── NetworkAbsent   no network, or nobody on it, to work with yet; worth another try
"""


class TirekError(Exception):
    """Something a person can read and act on: one sentence."""


class ConfigWrong(TirekError):
    """The configuration is refused."""


class NetworkAbsent(TirekError):
    """There is no network, or nobody on it, to work with yet."""
