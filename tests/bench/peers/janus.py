"""Debian's Janus with its videoroom as a relay: its configuration is in a folder of its own."""

import shutil
from pathlib import Path

PROGRAM = "janus"
ROOM = 1234

GENERAL = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{library}/plugins"
    transports_folder = "{library}/transports"
    events_folder = "{folder}"
    loggers_folder = "{folder}"
    debug_level = 2
    session_timeout = 0
}}
media: {{ ipv6 = false }}
nat: {{
    nice_debug = false
    ice_enforce_list = "{interface}"
}}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
"""
HTTP = """
general: {{ json = "plain", base_path = "/janus", https = false
    http = true, port = {port}, ip = "{address}" }}
admin: {{ admin_http = false }}
"""
VIDEOROOM = "general: { }\n"


def is_installed() -> bool:
    """Whether Debian's janus is here."""
    return shutil.which(PROGRAM) is not None and library() is not None


def library() -> Path | None:
    """The folder of its plugins and transports."""
    return next(Path("/usr/lib").glob("*/janus"), None)


def configure(folder: Path, address: str, port: int) -> list[str]:
    """Write its configuration and return its command line; its room is janus:http://ADDRESS:PORT/janus#1234."""
    place = library()
    assert place
    http, videoroom = "libjanus_http.so", "libjanus_videoroom.so"
    others = {
        name: ",".join(
            file.name for file in (place / name).glob("*.so") if file.name not in (http, videoroom)
        )
        for name in ("plugins", "transports")
    }
    general = GENERAL.format(
        folder=folder,
        library=place,
        interface=address,
        other_plugins=others["plugins"],
        other_transports=others["transports"],
    )
    (folder / "janus.jcfg").write_text(general)
    (folder / "janus.transport.http.jcfg").write_text(HTTP.format(port=port, address=address))
    (folder / "janus.plugin.videoroom.jcfg").write_text(VIDEOROOM)
    return [PROGRAM, "-F", str(folder), "-N"]
