"""When a secret is rotated next: `rate(10 days)`, `cron(0 8 1 * ? *)`, or a number of days. Pure; times are UTC.

Source: "Schedule expressions in Secrets Manager rotation" in the user guide.
"""

import calendar
import re
from datetime import datetime, timedelta
from typing import NamedTuple

_RATE = re.compile(r"rate\((\d+) (hours?|days?)\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_FURTHEST = 366 * 5
_LEAST_HOURS, _MOST_HOURS = 4, 999


class BadSchedule(Exception):
    """The expression is not one; the text says why."""


class _Cron(NamedTuple):
    """The values that each field allows; `days` and `weekdays` are asked by functions of a date."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    days: str
    weekdays: str

    def on(self, date: datetime) -> bool:
        if date.year not in self.years or date.month not in self.months:
            return False
        if self.weekdays != "?":
            return _weekday(self.weekdays, date)
        last = calendar.monthrange(date.year, date.month)[1]
        return date.day == last if self.days == "L" else date.day in _field(self.days, 1, 31)


def next_after(expression: str, after: datetime) -> datetime:
    """The first time behind `after`. Raises `BadSchedule`."""
    rate = _RATE.fullmatch(expression)
    if rate is not None:
        number, unit = int(rate[1]), rate[2].rstrip("s")
        hours = number * (24 if unit == "day" else 1)
        if not (_LEAST_HOURS <= number <= _MOST_HOURS if unit == "hour" else 1 <= number <= _MOST_HOURS):
            raise BadSchedule("A rate is from 4 to 999 hours, or from 1 to 999 days.")
        return after + timedelta(hours=hours)
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise BadSchedule("A schedule is rate(...) or cron(...).")
    return _next_of_cron(_parsed(cron[1]), after)


def _parsed(text: str) -> _Cron:
    fields = text.upper().split()
    if len(fields) != 6:
        raise BadSchedule("A cron expression has six fields.")
    minutes, hours, days, months, weekdays, years = fields
    if (days == "?") == (weekdays == "?"):
        raise BadSchedule("One of day of month and day of week must be ?.")
    made = _Cron(
        _field(minutes, 0, 59), _field(hours, 0, 23), _field(months, 1, 12, _MONTHS), _field(years, 1970, 2199),
        days, weekdays,
    )  # fmt: skip
    if days not in ("?", "L"):
        _field(days, 1, 31)
    if weekdays != "?":
        _weekday(weekdays, datetime(2000, 1, 1))
    return made


def _field(text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers of a field: `*`, lists, ranges, steps, names."""
    if names is None:
        names = {}
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        begin = low if span == "*" else _number(first, names)
        end = high if span == "*" or (slash and not dash) else _number(last, names) if dash else begin
        stride = _number(step, {}) if slash else 1
        if not low <= begin <= end <= high or stride < 1:
            raise BadSchedule(f"{text} is out of range.")
        found.update(range(begin, end + 1, stride))
    return frozenset(found)


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isascii() or not text.isdigit():
        raise BadSchedule(f"{text or 'Nothing'} is no value of a cron field.")
    return int(text)


def _weekday(text: str, date: datetime) -> bool:
    """Whether a date is one of the days of the week, `2#1` (the first Monday) and `6L` (the last Friday) included."""
    day = (date.weekday() + 1) % 7 + 1
    wanted, mark, which = text.partition("#")
    if mark:
        return day == _number(wanted, _DAYS) and (date.day - 1) // 7 + 1 == _number(which, {})
    if len(text) > 1 and text.endswith("L"):
        last = calendar.monthrange(date.year, date.month)[1]
        return day == _number(text[:-1], _DAYS) and date.day > last - 7
    return day in _field(text, 1, 7, _DAYS)


def _next_of_cron(cron: _Cron, after: datetime) -> datetime:
    day = after.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(_FURTHEST):
        if cron.on(day):
            for hour in sorted(cron.hours):
                for minute in sorted(cron.minutes):
                    found = day.replace(hour=hour, minute=minute)
                    if found > after:
                        return found
        day += timedelta(days=1)
    raise BadSchedule("The schedule has no time in the next five years.")
