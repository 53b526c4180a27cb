"""What an expression works on: numbers, series, and several series."""

from dataclasses import dataclass, field


@dataclass
class Series:
    """Values by the beginnings of their periods, in seconds since 1970."""

    points: dict[int, float]
    period: int = 60
    label: str = ""


Value = float | Series | list[Series]


class Unsupported(Exception):
    """A function of AWS's that is not there; its name."""


class WrongTypes(ValueError):
    """A function cannot take what it was given."""


@dataclass
class Range:
    """From when to when values are asked for, and all metrics of the request."""

    start: int
    end: int
    metrics: list[Series] = field(default_factory=list)

    def times(self, period: int) -> range:
        return range(self.start, self.end, period)
