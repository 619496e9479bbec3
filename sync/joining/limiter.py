"""How often strangers may try to enrol (core): three wrong codes a minute from one address.

Codes of 80 bits are not found by guessing; what is limited is the work and the noise that guessing makes.
There is no limit for a code or a school: with one, a stranger could lock a school out by guessing wrong.
"""

import ipaddress

# Wrong ones alone: a school whose computers enrol all at once behind one router uses up none (admission.py).
ADDRESS_BURST = 3  # tries at once: a code that was mistyped twice
ADDRESS_RATE = 3 / 60  # tries a second of one address after that: a person looks at the code again meanwhile
GLOBAL_BURST = 100  # tries at once of all together: a region's schools on the first day
GLOBAL_RATE = 5.0  # a second of all together: at 2 ms a guess, a hundredth of one core
# An address has its whole budget back after a minute. No more can be noted in that time, so nobody gets
# a new budget by making us forget him.
MAX_ADDRESSES = 512


class Limiter:
    """A budget of tries for each address, and one for all. Time is an argument, in seconds."""

    def __init__(self) -> None:
        self._all = (float(GLOBAL_BURST), 0.0)
        self._each: dict[str, tuple[float, float]] = {}

    def wait(self, address: str, now: float) -> float:
        """Return 0 if there is a try, else the seconds after which there is one again."""
        return self._wait(_place(address), now)

    def take(self, address: str, now: float) -> float:
        """Take a try out of the budgets, if there is one; return what `wait` does."""
        place = _place(address)
        if wait := self._wait(place, now):
            return wait
        own = self._own(place, now)
        self._all = (_refilled(self._all, GLOBAL_RATE, GLOBAL_BURST, now) - 1, now)
        self._note(place, own - 1, now)
        return 0.0

    def give_back(self, address: str) -> None:
        """Forget the last try of an address: it was right."""
        place = _place(address)
        self._all = (self._all[0] + 1, self._all[1])
        if place in self._each:
            left, then = self._each[place]
            self._each[place] = (left + 1, then)

    def _wait(self, place: str, now: float) -> float:
        own = self._own(place, now)
        if own < 1:
            return (1 - own) / ADDRESS_RATE  # at nobody else's cost
        shared = _refilled(self._all, GLOBAL_RATE, GLOBAL_BURST, now)
        return 0.0 if shared >= 1 else (1 - shared) / GLOBAL_RATE

    def _own(self, place: str, now: float) -> float:
        return _refilled(self._each.get(place, (ADDRESS_BURST, now)), ADDRESS_RATE, ADDRESS_BURST, now)

    def _note(self, place: str, left: float, now: float) -> None:
        self._each.pop(place, None)
        self._each[place] = (left, now)
        if len(self._each) > MAX_ADDRESSES:
            del self._each[next(iter(self._each))]


def _refilled(budget: tuple[float, float], rate: float, burst: int, now: float) -> float:
    left, then = budget
    return min(left + max(now - then, 0.0) * rate, burst)


def _place(address: str) -> str:
    """Whoever has one IPv6 address has 2^64 of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.IPv6Address(int(parsed) >> 64 << 64))
