"""The command `tirek`, as a person types it."""

import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from edge.__main__ import main

HEAVY = ("av", "aiortc", "aiohttp", "zeroconf", "msgspec", "uvloop")


def test_asking_for_help_loads_nothing_heavy() -> None:
    code = f"""
import sys
from edge.__main__ import main
try:
    main(["--help"])
except SystemExit:
    pass
print(sorted(set(sys.modules) & set({HEAVY})))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=20
    )
    assert answer.stdout.splitlines()[-1] == "[]"


def test_a_good_configuration_is_called_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tirek.toml"
    file.write_text('name = "Hub"\nstate = "/var/lib/tirek"\n')
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: good\n"


def test_a_bad_configuration_is_refused_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tirek.toml"
    file.write_text('name = "Hub"\nstat = "/var/lib/tirek"\n')
    assert main(["check", str(file)]) == 1
    assert capsys.readouterr().err == f"{file}: unknown key `stat` in the top table; did you mean `state`?\n"


def test_a_node_is_not_run_with_a_wrong_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--state", str(tmp_path), "--listen", "here:80"]) == 1
    assert capsys.readouterr().err.startswith("command line: `listen`")


def test_a_port_that_another_program_has_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = [sys.executable, "-m", "edge", "run", "--state", str(tmp_path), "--listen", address]
        line += ["--no-discovery", "--no-usb"]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"cannot listen on {address}: ")
    assert "Traceback" not in done.stderr


def test_a_file_and_a_trial_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--state", str(tmp_path), "--config", "x.toml"])


def test_a_token_is_printed_once_with_the_lines_for_the_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["token", "Айгүл", "--may", "watch,publish"]) == 0
    shown, lines = capsys.readouterr().out.split("For the configuration of the node:")
    kept = tomllib.loads(lines)["token"][0]
    assert kept["may"] == ["watch", "publish"]
    assert kept["sha256"] not in shown


def test_a_token_for_something_unknown_is_refused() -> None:
    with pytest.raises(SystemExit):
        main(["token", "x", "--may", "rule"])


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("tirek ")
