"""Inside a machine under test: runs the commands that come through a virtio port, by Debian's own Python.

A line is JSON: a number, a command and how many seconds it may take; the answer has the same number.
"""

import json
import os
import subprocess
import sys
from typing import BinaryIO

PORT = "/dev/virtio-ports/tirek.test"


def answered(line: bytes) -> bytes:
    """Run one command and return what is answered."""
    asked = json.loads(line)
    try:
        done = subprocess.run(
            asked["command"], capture_output=True, timeout=asked["seconds"], check=False, cwd="/"
        )
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as exc:
        status, out, err = 124, exc.stdout or b"", b"still there after its time"
    except OSError as exc:
        status, out, err = 127, b"", str(exc).encode()
    texts = {"out": out.decode(errors="replace"), "err": err.decode(errors="replace")}
    return json.dumps({"id": asked["id"], "status": status, **texts}).encode() + b"\n"


def serve(port: BinaryIO) -> None:
    """Answer line by line; what is no line of ours is of a time before this start."""
    while line := port.readline():
        try:
            answer = answered(line)
        except (ValueError, KeyError):
            continue
        while answer:
            answer = answer[port.write(answer) :]


if __name__ == "__main__":
    with open(os.open(PORT, os.O_RDWR), "r+b", buffering=0) as opened:
        serve(opened)
    sys.exit("the port was closed")  # and systemd starts this again
