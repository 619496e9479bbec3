"""Asking the daemon of this computer, over the socket that screens use."""

import argparse
import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from edge.client import DaemonError, Refused
from edge.commands.place import CommandRefused, settings
from edge.commands.teaching import INSTALLED

T = TypeVar("T")


def socket_of(parsed: argparse.Namespace) -> Path:
    """Return where the daemon listens; who may not read the configuration of an installed one need not."""
    if parsed.config is None and parsed.state is None and INSTALLED.is_socket():
        return INSTALLED
    return settings(parsed).screen_socket


def asked(asking: Coroutine[Any, Any, T]) -> T:
    """Return what the daemon answers; what it refuses becomes one sentence."""
    try:
        return asyncio.run(asking)
    except Refused as exc:
        raise CommandRefused(sentence(exc)) from exc
    except (DaemonError, TimeoutError) as exc:
        raise CommandRefused(f"the daemon does not answer: {exc}") from exc


def sentence(refused: Refused) -> str:
    """Return why the daemon refuses."""
    blanks = refused.blanks
    if refused.key == "quantity-missing":
        found = blanks.get("found") or "nothing"
        return f"needs {blanks.get('quantity')} in {blanks.get('unit')}, found {found}"
    told = ", ".join(f"{key} {value}" for key, value in blanks.items())
    return f"refused: {refused.key}" + (f" ({told})" if told else "")
