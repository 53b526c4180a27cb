"""Expressions of a query, made to functions of a row. Operators bind as the guide's list of them has it."""

from collections.abc import Callable
from typing import Any

from groundcloud.services.logs.insights.fields import Row, as_number, shown
from groundcloud.services.logs.insights.functions import FUNCTIONS, arithmetic, bins
from groundcloud.services.logs.insights.scanner import MalformedQuery, Scanner, Token, compiled

Expression = Callable[[Row], Any]

_DEEPEST = 60
_COMPARE = ("=", "==", "!=", "<", "<=", ">", ">=")
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3}


class Expressions:
    """Reads expressions from a scanner."""

    def __init__(self, scan: Scanner) -> None:
        self._scan = scan
        self._depth = 0

    def condition(self) -> Expression:
        """`or` binds less than `and`, and that less than `not`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise MalformedQuery("the query is nested too deeply")
        parts = [self._all()]
        while self._scan.take("or"):
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else lambda row: any(truth(part(row)) for part in parts)

    def _all(self) -> Expression:
        parts = [self._not()]
        while self._scan.take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda row: all(truth(part(row)) for part in parts)

    def _not(self) -> Expression:
        if self._scan.take("not"):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise MalformedQuery("the query is nested too deeply")
            inner = self._not()
            self._depth -= 1
            return lambda row: not truth(inner(row))
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum(0)
        token = self._scan.peek()
        if token.kind == "operator" and token.text in _COMPARE:
            self._scan.next()
            return _compared(token.text, left, self._sum(0))
        if self._scan.take("like") or self._scan.take("=~"):
            return self._like(left)
        if self._scan.take("not", "like"):
            unlike = self._like(left)
            return lambda row: not unlike(row)
        if self._scan.take("in"):
            return self._within(left)
        if self._scan.take("not", "in"):
            outside = self._within(left)
            return lambda row: not outside(row)
        return left

    def _like(self, left: Expression) -> Expression:
        pattern = self._scan.regex()
        if pattern is not None:
            search = compiled(pattern).search
            return lambda row: (value := shown(left(row))) is not None and search(value) is not None
        token = self._scan.next()
        if token.kind != "text":
            raise MalformedQuery(f"unexpected symbol found {token.text!r} at position {token.start + 1}")
        return lambda row: (value := shown(left(row))) is not None and token.text in value

    def _within(self, left: Expression) -> Expression:
        self._scan.need("[")
        options: list[Expression] = []
        while not self._scan.take("]"):
            options.append(self._sum(0))
            self._scan.take(",")
        return lambda row: (value := left(row)) is not None and any(equal(value, option(row)) for option in options)

    def _sum(self, binding: int) -> Expression:
        left = self._one()
        while True:
            token = self._scan.peek()
            strength = _BINDING.get(token.text, 0) if token.kind == "operator" else 0
            if not strength or strength < max(binding, 1):
                return left
            self._scan.next()
            right = self._sum(strength if token.text == "^" else strength + 1)
            left = _calculated(token.text, left, right)

    def _one(self) -> Expression:
        token = self._scan.next()
        if token.kind == "operator":
            if token.text == "(":
                inner = self.condition()
                self._scan.need(")")
                return inner
            if token.text == "-":
                self._depth += 1
                if self._depth > _DEEPEST:
                    raise MalformedQuery("the query is nested too deeply")
                negated = self._one()
                self._depth -= 1
                return lambda row: -number if (number := as_number(negated(row))) is not None else None
            raise MalformedQuery(f"unexpected symbol found {token.text!r} at position {token.start + 1}")
        if token.kind == "number":
            value = as_number(token.text)
            return lambda row: value
        if token.kind == "text":
            return lambda row: token.text
        if token.kind == "name" and self._scan.take("("):
            return self._call(token)
        if token.kind in ("name", "quoted"):
            return self._field(token)
        raise MalformedQuery(
            f"unexpected symbol found {token.text!r} at position {token.start + 1}"
            if token.text
            else "the query ends too early"
        )

    def _field(self, token: Token) -> Expression:
        name = token.text
        if token.kind == "name" and name.lower() in ("true", "false"):
            return lambda row: name.lower() == "true"
        return lambda row: row.get(name)

    def _call(self, token: Token) -> Expression:
        """A function's call, behind its opening parenthesis."""
        name = token.text.lower()
        if name == "bin":
            return self._bin(None)
        if name in ("datefloor", "dateceil"):
            field = self.condition()
            self._scan.need(",")
            return self._bin(field, name == "dateceil")
        if name not in FUNCTIONS:
            raise MalformedQuery(f"unknown function {token.text} at position {token.start + 1}")
        function, least, most = FUNCTIONS[name]
        arguments: list[Expression] = []
        while not self._scan.take(")"):
            if arguments:
                self._scan.need(",")
            arguments.append(self.condition())
        if not least <= len(arguments) <= most:
            raise MalformedQuery(f"wrong number of arguments of {token.text} at position {token.start + 1}")
        return lambda row: function(*[argument(row) for argument in arguments])

    def _bin(self, field: Expression | None, up: bool = False) -> Expression:
        token = self._scan.next()
        if token.kind != "duration":
            raise MalformedQuery(f"a period is expected at position {token.start + 1}")
        self._scan.need(")")
        cut = bins(token.text, up)
        timed = field or (lambda row: row.get("@timestamp"))
        return lambda row: cut(timed(row))


def truth(value: Any) -> bool:
    return value is True or (isinstance(value, (int, float)) and value != 0)


def equal(left: Any, right: Any) -> bool:
    """Numbers are equal as numbers, whatever way they are written; everything else as texts."""
    if left is None or right is None:
        return False
    one, other = as_number(left), as_number(right)
    if one is not None and other is not None:
        return one == other
    return shown(left) == shown(right)


def _compared(operator: str, left: Expression, right: Expression) -> Expression:
    if operator in ("=", "=="):
        return lambda row: equal(left(row), right(row))
    if operator == "!=":
        return lambda row: (value := left(row)) is not None and not equal(value, right(row))

    def test(row: Row) -> bool:
        one, other = left(row), right(row)
        if one is None or other is None:
            return False
        first, second = as_number(one), as_number(other)
        a: Any = first if first is not None and second is not None else shown(one)
        b: Any = second if first is not None and second is not None else shown(other)
        return bool(a < b if operator == "<" else a <= b if operator == "<=" else a > b if operator == ">" else a >= b)

    return test


def _calculated(operator: str, left: Expression, right: Expression) -> Expression:
    def calculate(row: Row) -> Any:
        one, other = as_number(left(row)), as_number(right(row))
        return None if one is None or other is None else arithmetic(operator, one, other)

    return calculate
