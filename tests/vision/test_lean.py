"""The daemon and the screens load nothing that only a worker needs."""

import subprocess
import sys


def test_neither_daemon_nor_screen_loads_what_the_worker_needs() -> None:
    code = (
        "import sys, edge.node, edge.__main__, tui.app, tui.__main__;"
        "sys.exit(','.join({'cv2', 'numpy'} & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
