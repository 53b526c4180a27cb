"""What the patterns for JSON and for fields have in common: tokens, conditions joined by `||` and `&&`, and texts that
values are compared with."""

import re
from collections.abc import Callable
from typing import Generic, TypeVar

from groundcloud.services.logs.patterns.common import InvalidPattern, expression, wildcard

E = TypeVar("E")

COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_DEEPEST = 50
_END = ("end", "")


def invalid() -> InvalidPattern:
    return InvalidPattern("Invalid filter pattern")


class Conditions(Generic[E]):
    """A parser by recursive descent: `||` binds less than `&&`. What the conditions are about, `_test` says."""

    def __init__(self, token: re.Pattern[str], text: str) -> None:
        """`token` names its kinds by groups. Raises `InvalidPattern`."""
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        at, text = 0, text.rstrip()
        while at < len(text):
            found = token.match(text, at)
            if found is None or found.lastgroup is None:
                raise invalid()
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else _END

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        if token is _END:
            raise invalid()
        self._at += 1
        return token

    def _take(self, text: str) -> bool:
        if self._peek()[1].upper() == text:
            self._at += 1
            return True
        return False

    def _finish(self) -> None:
        if self._peek() is not _END:
            raise invalid()

    def _either(self, depth: int) -> Callable[[E], bool]:
        parts = [self._both(depth)]
        while self._take("||"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda event: any(part(event) for part in parts)

    def _both(self, depth: int) -> Callable[[E], bool]:
        parts = [self._one(depth)]
        while self._take("&&"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda event: all(part(event) for part in parts)

    def _one(self, depth: int) -> Callable[[E], bool]:
        if not self._take("("):
            return self._test()
        if depth > _DEEPEST:
            raise invalid()
        inner = self._either(depth + 1)
        if not self._take(")"):
            raise invalid()
        return inner

    def _test(self) -> Callable[[E], bool]:
        """One comparison, from here on. Raises `InvalidPattern`."""
        raise NotImplementedError

    def _operator(self) -> str:
        _, operator = self._next()
        if operator not in COMPARISONS:
            raise invalid()
        return operator


def same_text(operator: str, kind: str, text: str) -> Callable[[str], bool]:
    """Whether a value is what a token says: a text or a word, with wildcards, or a regular expression. Raises
    `InvalidPattern`."""
    if operator not in ("=", "!="):
        raise invalid()
    if kind == "regex":
        return expression(text[1:-1])
    if kind == "text":
        return wildcard(re.sub(r"\\(.)", r"\1", text[1:-1]))
    if kind == "word":
        return wildcard(text)
    raise invalid()
