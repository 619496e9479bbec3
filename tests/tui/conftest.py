"""A daemon on a socket of its own, for each test; no test leaves an unknown word behind."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.tui.fake_daemon import FakeDaemon
from tui.words import OWN_NAMES, words_of


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[FakeDaemon]:
    """Open a daemon."""
    fake = FakeDaemon(tmp_path / "screen.sock")
    await fake.open()
    yield fake
    await fake.close()


@pytest.fixture(autouse=True)
def no_word_is_missing() -> Iterator[None]:
    """Fail a test whose pages asked for a word or a blank that is not there."""
    yield
    missing = {key for language in OWN_NAMES for key in words_of(language).missing}
    for language in OWN_NAMES:
        words_of(language).missing.clear()
    assert not missing
