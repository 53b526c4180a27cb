"""The commands of a query, in their order, and the run over events."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from groundcloud.services.logs.insights.aggregates import AGGREGATES, Aggregate, percentiles
from groundcloud.services.logs.insights.expressions import Expression, Expressions, truth
from groundcloud.services.logs.insights.fields import Row, as_number, shown
from groundcloud.services.logs.insights.scanner import MalformedQuery, Scanner, compiled

_MOST_STATS = 2
_NOT_HERE = frozenset(
    ("pattern", "diff", "unnest", "unmask", "join", "source", "filterindex", "anomaly", "subquery", "lookup")
)
Rows = Iterable[Row]
Command = Callable[[Rows], Iterator[Row]]
Result = list[tuple[str, str]]
"""Names and values of one row."""


class Program:
    """A query, ready to run."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.columns: list[str] = []
        """What is shown; nothing: time and message."""
        self.limit: int | None = None
        self.grouped = False
        self.sorted = False
        self.matched: int | None = None
        """How many events passed the filters; None where there are none."""

    def run(self, rows: Rows, limit: int, pointer: Callable[[Row], str]) -> list[Result]:
        """The rows of the answer. Where the query sorts by nothing, the newest come first."""
        most = self.limit if self.limit is not None else limit
        for command in self.commands:
            rows = command(rows)
        if self.grouped or self.sorted:
            found: list[Row] = [row for row, _ in zip(rows, range(most), strict=False)]
        else:
            found = list(deque(rows, maxlen=most))
            found.reverse()
        columns = self.columns or ["@timestamp", "@message"]
        results = []
        for row in found:
            shown_row = [(name, text) for name in columns if (text := shown(row.get(name))) is not None]
            results.append(shown_row if self.grouped else [*shown_row, ("@ptr", pointer(row))])
        return results


def parse_query(text: str) -> Program:
    """Raises `MalformedQuery`."""
    return _Parser(Scanner(text)).program()


class _Aggregation(NamedTuple):
    name: str
    make: Callable[[], Aggregate]
    value: Expression


class _Parser:
    def __init__(self, scan: Scanner) -> None:
        self._scan = scan
        self._expressions = Expressions(scan)
        self._program = Program()
        self._stats = 0

    def program(self) -> Program:
        self._scan.take("|")
        while True:
            token = self._scan.next()
            word = token.text.lower() if token.kind == "name" else ""
            command = _COMMANDS.get(word)
            if command is None:
                if word in _NOT_HERE:
                    raise MalformedQuery(f"Groundcloud does not have the command {word}")
                raise MalformedQuery(f"unexpected symbol found {token.text!r} at position {token.start + 1}")
            command(self)
            if self._scan.peek().kind == "end":
                return self._program
            self._scan.need("|")

    def _listed(self, each: Callable[[], None]) -> None:
        each()
        while self._scan.take(","):
            each()

    def _alias(self, start: int) -> str:
        text = self._scan.since(start)
        if self._scan.take("as"):
            return self._scan.name()
        return text[1:-1] if re.fullmatch(r"`[^`]+`", text) else text

    def fields(self) -> None:
        made: list[tuple[str, Expression]] = []
        columns = self._program.columns

        def each() -> None:
            start = self._scan.peek().start
            expression = self._expressions.condition()
            name = self._alias(start)
            made.append((name, expression))
            if name not in columns:
                columns.append(name)

        self._listed(each)

        def run(rows: Rows) -> Iterator[Row]:
            for row in rows:
                row.values.update({name: expression(row) for name, expression in made})
                yield row

        self._program.commands.append(run)

    def display(self) -> None:
        columns: list[str] = []
        self._listed(lambda: columns.append(self._column()))
        self._program.columns = columns

    def _column(self) -> str:
        """A field, or the name that a calculation got by its text (`count(*)`)."""
        start = self._scan.peek().start
        token = self._scan.next()
        if token.kind == "quoted":
            return token.text
        if token.kind != "name":
            raise MalformedQuery(f"unexpected symbol found {token.text!r} at position {token.start + 1}")
        if self._scan.take("("):
            depth = 1
            while depth:
                inner = self._scan.next()
                if inner.kind == "end":
                    raise MalformedQuery("a parenthesis is not closed")
                depth += (inner.text == "(") - (inner.text == ")")
        return self._scan.since(start)

    def filter(self) -> None:
        condition = self._expressions.condition()
        program = self._program

        def run(rows: Rows) -> Iterator[Row]:
            matched = 0
            for row in rows:
                if truth(condition(row)):
                    matched += 1
                    program.matched = matched
                    yield row
            program.matched = matched

        program.commands.append(run)

    def limit(self) -> None:
        token = self._scan.next()
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) <= 100_000:
            raise MalformedQuery("the limit must be a number from 1 to 100000")
        self._program.limit = int(token.text)

    def sort(self) -> None:
        keys: list[tuple[Expression, bool]] = []

        def each() -> None:
            start = self._scan.peek()
            grouped = self._program.grouped
            name = self._column() if grouped and start.kind == "name" else ""
            expression = self._expressions.condition() if not name else _field(name)
            down = self._scan.take("desc")
            if not down:
                self._scan.take("asc")
            keys.append((expression, down))

        self._listed(each)

        def run(rows: Rows) -> Iterator[Row]:
            found = list(rows)
            for expression, down in reversed(keys):
                found.sort(key=lambda row: _order(expression(row)), reverse=down)
            return iter(found)

        self._program.commands.append(run)
        self._program.sorted = True

    def dedup(self) -> None:
        names: list[str] = []
        self._listed(lambda: names.append(self._column()))
        by_time = not self._program.sorted and not self._program.grouped

        def run(rows: Rows) -> Iterator[Row]:
            seen: set[tuple[str | None, ...]] = set()
            for row in reversed(list(rows)) if by_time else rows:  # the newest of them is kept
                key = tuple(shown(row.get(name)) for name in names)
                if key not in seen:
                    seen.add(key)
                    yield row

        self._program.commands.append(run)
        self._program.sorted = True

    def parse(self) -> None:
        pattern = self._scan.regex()
        source: Expression = _field("@message")
        if pattern is None and self._scan.peek().kind in ("name", "quoted"):
            source = _field(self._scan.name())
            pattern = self._scan.regex()
        if pattern is not None:
            expression = compiled(pattern)
            names = [name for name, _ in sorted(expression.groupindex.items(), key=lambda pair: pair[1])]
        else:
            token = self._scan.next()
            if token.kind != "text":
                raise MalformedQuery(f"a pattern is expected at position {token.start + 1}")
            parts = token.text.split("*")
            ends = "(.*)" if parts[-1] == "" else "(.*?)"
            glob = "(.*?)".join(re.escape(part).replace("/", r"\x2f") for part in parts[:-1])
            expression = compiled(f"(?s){glob}{ends if len(parts) > 1 else ''}{re.escape(parts[-1])}")
            names = []
        if self._scan.take("as"):
            names = []
            self._listed(lambda: names.append(self._scan.name()))
        if len(names) != expression.groups or not names:
            raise MalformedQuery("parse needs as many names as its pattern has parts")

        def run(rows: Rows) -> Iterator[Row]:
            for row in rows:
                text = shown(source(row))
                found = expression.search(text) if text is not None else None
                if found is not None:
                    row.values.update({name: found.group(place) for place, name in enumerate(names, 1)})
                yield row

        self._program.commands.append(run)

    # -- stats

    def stats(self) -> None:
        self._stats += 1
        if self._stats > _MOST_STATS:
            raise MalformedQuery("a query has two stats commands at most")
        made: list[_Aggregation] = []
        groups: list[tuple[str, Expression]] = []
        self._listed(lambda: made.append(self._aggregation()))
        if self._scan.take("by"):

            def each() -> None:
                start = self._scan.peek().start
                expression = self._expressions.condition()
                groups.append((self._alias(start), expression))

            self._listed(each)
        program = self._program
        program.columns = [*(name for name, _ in groups), *(one.name for one in made)]
        program.grouped, program.sorted = True, False
        program.commands.append(lambda rows: _grouped(rows, groups, made))

    def _aggregation(self) -> _Aggregation:
        start = self._scan.peek().start
        token = self._scan.next()
        name = token.text.lower()
        if token.kind != "name" or (name not in AGGREGATES and name not in ("pct", "percentile")):
            raise MalformedQuery(f"an aggregation function is expected at position {token.start + 1}")
        self._scan.need("(")
        value: Expression
        if name == "count" and (self._scan.take("*", ")") or self._scan.take(")")):
            value = _always
        else:
            value = self._expressions.condition()
            if name in ("pct", "percentile"):
                self._scan.need(",")
                share = as_number(self._scan.next().text)
                if share is None or not 0 <= share <= 100:
                    raise MalformedQuery("a percentile is a number from 0 to 100")
                make = percentiles(share)
            self._scan.need(")")
        return _Aggregation(self._alias(start), AGGREGATES.get(name) or make, value)


def _always(row: Row) -> Any:
    return 1


def _field(name: str) -> Expression:
    return lambda row: row.get(name)


def _order(value: Any) -> tuple[int, float, str]:
    """Nothing comes first, then numbers, then texts."""
    if value is None:
        return (0, 0, "")
    number = as_number(value)
    return (1, number, "") if number is not None else (2, 0, shown(value) or "")


def _grouped(rows: Rows, groups: list[tuple[str, Expression]], made: list[_Aggregation]) -> Iterator[Row]:
    found: dict[tuple[str | None, ...], tuple[dict[str, Any], list[Aggregate]]] = {}
    for row in rows:
        values = {name: expression(row) for name, expression in groups}
        key = tuple(shown(value) for value in values.values())
        if any(part is None for part in key):
            continue  # an event without one of the fields belongs to no group
        known = found.get(key)
        if known is None:
            known = found[key] = (values, [one.make() for one in made])
        time = as_number(row.get("@timestamp")) or 0
        for one, aggregate in zip(made, known[1], strict=True):
            aggregate.add(one.value(row), int(time))
    if not groups and not found:
        found[()] = ({}, [one.make() for one in made])
    for values, aggregates in found.values():
        yield Row({**values, **{one.name: each.result() for one, each in zip(made, aggregates, strict=True)}})


_COMMANDS: dict[str, Callable[[_Parser], None]] = {
    "fields": _Parser.fields,
    "display": _Parser.display,
    "filter": _Parser.filter,
    "limit": _Parser.limit,
    "sort": _Parser.sort,
    "dedup": _Parser.dedup,
    "parse": _Parser.parse,
    "stats": _Parser.stats,
}
