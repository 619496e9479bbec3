"""A configuration is good, or refused with the file, the place and the value."""

from pathlib import Path

import pytest

from edge import config
from edge.config import Config
from edge.errors import ConfigWrong

HEAD = 'name = "Ақжар"\nstate = "/var/lib/tirek"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tirek.toml"


def refusal(file: Path, text: str) -> str:
    file.write_text(text)
    with pytest.raises(ConfigWrong) as caught:
        config.load(file)
    return str(caught.value).removeprefix(f"{file}: ")


def loaded(file: Path, text: str) -> Config:
    file.write_text(text)
    return config.load(file)


def test_two_keys_are_enough_and_the_rest_has_defaults(file: Path) -> None:
    settings = loaded(file, HEAD)
    assert settings.listen == ("0.0.0.0:8080",)
    assert settings.lang == "kk"
    assert settings.record
    assert not settings.announce
    assert not settings.allow_anyone


def test_everything_can_be_set(file: Path) -> None:
    everything = """
listen = ["127.0.0.1:0", "[::1]:8080"]
parent = "http://10.0.0.1:8080"
parent_token = "secret"
announce = true
discover = false
follow = ["lesson", "lab-2"]
record = false
room = true
allow_anyone = true
lang = "ru"
[limits]
viewers = 10
streams = 2
bitrate = 1000000
disk_reserve = 0
[[token]]
name = "Айгүл"
sha256 = "%s"
may = ["watch", "publish"]
"""
    settings = loaded(file, HEAD + everything % ("0" * 64))
    assert settings.follow == ("lesson", "lab-2")
    assert settings.limits.viewers == 10
    assert settings.tokens[0].may == ("watch", "publish")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ('lisen = ["x"]', "unknown key `lisen` in the top table; did you mean `listen`?"),
        ("colour = 1", "unknown key `colour` in the top table"),
        ("[limits]\nviewer = 3", "unknown key `viewer` in the table [limits]; did you mean `viewers`?"),
        ('[[token]]\nname = "x"', "`sha256` is missing in [[token]] number 1"),
        (
            "[limits]\nviewers = 'many'",
            "`viewers` in the table [limits] must be a whole number from 1 to 1000, not 'many'",
        ),
        (
            "[limits]\nviewers = 0",
            "`viewers` in the table [limits] must be a whole number from 1 to 1000, not 0",
        ),
        ("limits = 3", "[limits] must be a table, not 3"),
        ("token = 3", "[[token]] number 1 must be a table, not 3"),
        ("record = 'yes'", "`record` in the top table must be true or false, not 'yes'"),
        (
            "listen = []",
            '`listen` in the top table must be a list of "ADDRESS:PORT" with at least one, not []',
        ),
        ("lang = 'de'", '`lang` in the top table must be "kk", "ru" or "en", not \'de\''),
        (
            "follow = ['Lesson 1']",
            "`follow` in the top table must be a list of stream names of a-z, 0-9 and -, not ['Lesson 1']",
        ),
        (
            'follow = ["lesson\\n"]',
            "`follow` in the top table must be a list of stream names of a-z, 0-9 and -, not ['lesson\\n']",
        ),
        (
            "parent_token = 'x'",
            "`parent_token` needs `parent`: it is never sent to a hub that was only found",
        ),
        (
            "[budget]\nquiet = ['25:00', '06:00']",
            '`quiet` in the table [budget] must be two times such as ["08:00", "18:00"], '
            "not ['25:00', '06:00']",
        ),
        ("[budget]\nquiet = ['08:00']", "`quiet` in the table [budget] needs two times, from and until"),
        (
            "[budget]\nquiet = ['08:00', '08:00']",
            "`quiet` in the table [budget] needs two times, from and until",
        ),
        (
            "[budget]\nrate = 1",
            "`rate` in the table [budget] must be kbit/s, from 16 to 1000000, not 1",
        ),
        ("[[port]]\ndriver = 'lines'", "`path` is missing in [[port]] number 1"),
        (
            "[[port]]\npath = 'tty'",
            "`path` in [[port]] number 1 must be a path that begins with /, not 'tty'",
        ),
        (
            "[[port]]\npath = '/a'\nslaves = 1",
            "unknown key `slaves` in [[port]] number 1",
        ),
        (
            "[[port]]\npath = '/a'\nbaud = 'fast'",
            "`baud` in [[port]] number 1 must be a speed such as 9600, not 'fast'",
        ),
        ("[[port]]\npath = '/a'\nprofile = 'ph@1'", "`profile` in [[port]] number 1 needs `driver`"),
        (
            "[[port]]\npath = '/a'\n[[port]]\npath = '/b'\ndriver = 'modbus'\nprofile = 'ph@1,ec@1'",
            "[[port]] number 2: 'ph@1,ec@1': one address for two probes, or more than 32",
        ),
        ("[[port]]\npath = '/a'\n[[port]]\npath = '/a'", "two [[port]] tables have the path '/a'"),
    ],
)
def test_a_refusal_names_the_place_and_the_value(file: Path, lines: str, complaint: str) -> None:
    assert refusal(file, HEAD + lines) == complaint


@pytest.mark.parametrize(
    "listen", ["8080", "1.2.3.4", "999.1.1.1:80", "1.1.1.1:70000", "::1:80", "[1.2.3.4]:80", "a:80"]
)
def test_an_address_to_listen_on_is_an_ip_and_a_port(file: Path, listen: str) -> None:
    assert listen.split(":")[0] in refusal(file, f"{HEAD}listen = ['{listen}']")


@pytest.mark.parametrize(
    "parent",
    [
        "10.0.0.1:80",
        "file:///x",
        "http://",
        "http://a:b",
        "http://a/whep/x",
        "http://u:p@a",
        "http://[::1",
        "ftp://a",
    ],
)
def test_a_parent_is_a_plain_http_address(file: Path, parent: str) -> None:
    assert refusal(file, f"{HEAD}parent = '{parent}'").startswith("`parent`")


def test_a_port_with_a_driver_that_there_is_not_is_refused(file: Path) -> None:
    complaint = refusal(file, HEAD + "[[port]]\npath = '/dev/ttyS0'\ndriver = 'mobus'")
    assert complaint.startswith("[[port]] number 1: there is no driver 'mobus'; there are firmata, mbot")


def test_ports_are_described_by_tables(file: Path) -> None:
    bus = "[[port]]\npath = '/dev/ttyS0'\ndriver = 'modbus'\nprofile = 'ph@1,ec@2'\nlabel = 'Аквариум'\n"
    settings = loaded(file, HEAD + "usb = false\n" + bus + "[[port]]\npath = '/dev/ttyS1'\nbaud = 9600")
    assert not settings.usb
    assert [(each.path, each.profile, each.label, each.baud) for each in settings.ports] == [
        ("/dev/ttyS0", "ph@1,ec@2", "Аквариум", 0),
        ("/dev/ttyS1", "", "", 9600),
    ]


def test_a_relative_state_folder_is_refused(file: Path) -> None:
    complaint = refusal(file, 'name = "x"\nstate = "here"')
    assert complaint == "`state` in the top table must be a path that begins with /, not 'here'"


def test_a_missing_key_is_named(file: Path) -> None:
    assert refusal(file, 'name = "x"') == "`state` is missing in the top table"


def test_two_tokens_of_one_name_are_refused(file: Path) -> None:
    token = f'[[token]]\nname = "x"\nsha256 = "{"0" * 64}"\nmay = ["watch"]\n'
    assert refusal(file, HEAD + token + token) == "two [[token]] tables have the name 'x'"


def test_a_complaint_does_not_repeat_a_secret(file: Path) -> None:
    token = '[[token]]\nname = "x"\nsha256 = "by-mistake-the-token"\nmay = ["watch"]\n'
    assert "by-mistake" not in refusal(file, HEAD + token)


def test_a_broken_file_is_refused_with_the_line(file: Path) -> None:
    assert "line 3" in refusal(file, HEAD + "x = what\n")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigWrong, match="cannot be read"):
        config.load(tmp_path / "absent.toml")


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigWrong, match="cannot be read"):
        config.load(file)


def test_a_hub_is_looked_for_only_without_a_parent_and_unannounced(file: Path) -> None:
    assert loaded(file, HEAD).finds_parent
    assert not loaded(file, HEAD + "announce = true").finds_parent
    assert not loaded(file, HEAD + "discover = false").finds_parent
    assert not loaded(file, HEAD + 'parent = "http://10.0.0.1"').finds_parent


def test_all_streams_are_followed_unless_some_are_named(file: Path) -> None:
    assert loaded(file, HEAD).follows("anything")
    assert loaded(file, HEAD + "follow = ['lesson']").follows("lesson")
    assert not loaded(file, HEAD + "follow = ['lesson']").follows("anything")
