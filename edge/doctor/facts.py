"""What is true of this computer, as the checks of `tirek doctor` need it (core: structs only).

None, "" and an empty list mean that it could not be asked: most of it needs root, or an installation.
"""

from msgspec import Struct, field

from edge.config import Config
from edge.doctor.unit import Unit
from edge.upkeep import Upkeep

SCREEN = "/run/tirek.sock"
CONFIG = "/etc/tirek/tirek.toml"
# A socket of a service that runs cannot be opened: all three, in one order of systemd's.
ANEW = "sudo systemctl restart tirek-screen.socket tirek-web.socket tirek.service"
UNITS = (
    *("tirek.service", "tirek-screen.socket", "tirek-web.socket"),
    *("tirek-maintain.timer", "tirek-settle.timer"),
)

# For those who want them: started by themselves where somebody enabled them.
WANTED = ("tirek-kiosk.service", "tirek-kiwix.service")


class Entry(Struct, frozen=True):
    """One file, folder or socket."""

    path: str
    kind: str = "file"  # file, folder, socket
    owner: str = ""
    group: str = ""
    mode: int = 0


class System(Struct, frozen=True):
    """The computer and who asks."""

    name: str = ""  # debian
    version: str = ""  # 12
    python: str = ""
    machine: str = ""
    user: str = ""
    is_root: bool = False
    groups: tuple[str, ...] = ()


class Release(Struct, frozen=True):
    """What is installed."""

    current: str  # its name; "" where `current` leads nowhere
    previous: str = ""
    on_trial: bool = False
    is_whole: bool = True
    runs: str = ""  # the release that this very program is of
    previous_reads: int = 1  # the newest form of the journal that the release before reads
    strange: tuple[str, ...] = ()  # its units that lie in the system otherwise, or not at all
    hidden: tuple[str, ...] = ()  # … in whose place somebody has written a whole one


class Settings(Struct, frozen=True):
    """The configuration, or what is wrong with it."""

    path: str = CONFIG
    config: Config | None = None
    fault: str = ""
    is_hidden: bool = False  # only root and the daemon may read it


class Folder(Struct, frozen=True):
    """The state folder."""

    entry: Entry
    foreign: tuple[str, ...] = ()  # what in it belongs to somebody else
    is_read_only: bool = False
    free: int = 0  # bytes that are left for everybody
    files_free: int = 1 << 20  # some file systems count none
    rate: int = 0  # bytes a minute of a recording has here


class JournalFacts(Struct, frozen=True):
    """The journal."""

    is_there: bool = False
    fault: str = ""  # what is wrong with its file
    was_looked_at: bool = True  # false where it may not be read
    facts: int = 0
    born: int = 0  # milliseconds since 1970, when the node was made
    newest: int = 0  # its newest fact
    clock: int = 0  # what its clock shows; 0 where that is not known
    set_aside: str = ""  # what was put right since, and when
    form: int = 0  # that its reader must know


class Hub(Struct, frozen=True):
    """The way up."""

    address: str = ""  # of the hub this node was enrolled with
    reached: int = 0  # milliseconds since 1970; 0 for never
    registers: int = 0
    others: int = 0
    light: str = ""  # what the daemon says of it, a word key


class Serial(Struct, frozen=True):
    """What serial instruments need."""

    ports: tuple[Entry, ...] = ()
    has_rules: bool = False  # of udev
    has_user: bool = True  # the daemon's user is in the group of ports
    thieves: tuple[str, ...] = ()  # programs that take ports: modemmanager, brltty


class Pictures(Struct, frozen=True):
    """What a node needs that publishes itself."""

    cameras: tuple[Entry, ...] = ()
    has_codecs: bool = True  # PyAV, which brings its own
    publishes: bool = False


class Doors(Struct, frozen=True):
    """Who answers."""

    screen: str = ""  # "" for not asked, "good", or why not
    trouble: str = ""  # why the daemon keeps nothing since its start, a word key
    pages: str = ""
    where: str = ""  # that was asked
    other: str = ""  # what answered in our place


class Kernel(Struct, frozen=True):
    """What the kernel and the system around it say."""

    watchdog: bool = False
    watches: bool | None = None  # systemd feeds it; None where it does not say
    receive: int | None = None  # net.core.rmem_max
    firewalls: tuple[str, ...] = ()  # that are active
    keeps_log: bool | None = None
    root_free: int | None = None  # bytes on the system's disk
    keeps_time: bool = False  # something sets the clock by the network, or would if there were one


class Facts(Struct, frozen=True):
    """All of it; `now` is this computer's clock in milliseconds since 1970."""

    now: int
    system: System = System()
    release: Release | None = None  # None where it was not installed from a bundle
    units: dict[str, Unit] = {}
    settings: Settings = Settings()
    socket: Entry | None = None  # of the screen
    state: Folder | None = None
    journal: JournalFacts = JournalFacts()
    night: Upkeep = field(default_factory=Upkeep)
    hub: Hub = Hub()
    serial: Serial = Serial()
    pictures: Pictures = Pictures()
    doors: Doors = Doors()
    kernel: Kernel = Kernel()
    kiwix: bool | None = None  # it answers; None where it is not wanted

    @property
    def time(self) -> int:
        """Return the time as the journal knows it, which may have been told by the hub; else the clock's."""
        return self.journal.clock or self.now

    @property
    def is_installed(self) -> bool:
        """Whether this computer has the units, or had an installation."""
        return self.release is not None or any(each.is_installed for each in self.units.values())

    @property
    def is_up(self) -> bool:
        """Whether the daemon runs as far as systemd knows."""
        service = self.units.get("tirek.service")
        return service is not None and service.active == "active"
