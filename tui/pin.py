"""A PIN typed with arrows: up and down turn a digit, left and right go from one to the next (core)."""

LEAST, MOST = 4, 8  # digits of a PIN, as in the configuration


class Pin:
    """Eight places, filled from the left."""

    def __init__(self) -> None:
        self.digits: list[int | None] = [None] * MOST
        self.at = 0

    def turn(self, by: int) -> None:
        """Turn the digit of this place."""
        digit = self.digits[self.at]
        first = 0 if by > 0 else 9
        self.digits[self.at] = first if digit is None else (digit + by) % 10

    def move(self, by: int) -> None:
        """Go to another place; not beyond the first that is empty."""
        self.at = max(0, min(self.at + by, len(self.text), MOST - 1))

    def type(self, digit: int) -> None:
        """Fill this place and go on."""
        self.digits[self.at] = digit
        self.move(1)

    def erase(self) -> None:
        """Empty the last place."""
        filled = len(self.text)
        if filled:
            self.digits[filled - 1] = None
            self.at = filled - 1

    @property
    def text(self) -> str:
        """Return the digits up to the first empty place."""
        end = self.digits.index(None) if None in self.digits else MOST
        return "".join(map(str, self.digits[:end]))

    @property
    def is_long_enough(self) -> bool:
        """Tell whether it may be a PIN."""
        return len(self.text) >= LEAST
