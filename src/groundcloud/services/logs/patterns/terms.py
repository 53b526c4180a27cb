"""Patterns for events without structure: words, "phrases", ?optional, -excluded and %regular expressions%."""

from collections.abc import Callable, Iterator

from groundcloud.services.logs.patterns.common import Extracted, InvalidPattern, expression

_Test = Callable[[str], bool]


class Terms:
    """All required terms are there and no excluded one is; of optional terms one is enough.

    Optional terms beside others have no effect, as the guide says.
    """

    def __init__(self, required: list[_Test], optional: list[_Test], excluded: list[_Test]) -> None:
        self._required = required
        self._optional = optional if not required and not excluded else []
        self._excluded = excluded

    def match(self, message: str) -> Extracted | None:
        for test in self._required:
            if not test(message):
                return None
        for test in self._excluded:
            if test(message):
                return None
        if self._optional and not any(test(message) for test in self._optional):
            return None
        return {}

    def value(self, message: str, selector: str) -> str | None:
        return None


def parse(text: str) -> Terms:
    """Raises `InvalidPattern`."""
    required: list[_Test] = []
    optional: list[_Test] = []
    excluded: list[_Test] = []
    for mark, test in _terms(text):
        (optional if mark == "?" else excluded if mark == "-" else required).append(test)
    return Terms(required, optional, excluded)


def _terms(text: str) -> Iterator[tuple[str, _Test]]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        mark = text[at] if text[at] in "?-" else ""
        at += len(mark)
        if at == len(text):
            raise InvalidPattern(f"Invalid character(s) in term '{mark}'")
        if text[at] in '"%':
            closing = _closing(text, at)
            inner = text[at + 1 : closing]
            yield mark, expression(inner) if text[at] == "%" else _contains(_unescaped(inner))
            at = closing + 1
            continue
        end = at
        while end < len(text) and not text[end].isspace():
            end += 1
        word = text[at:end]
        if not all(character.isalnum() or character == "_" for character in word):
            raise InvalidPattern(f"Invalid character(s) in term '{word}'")
        yield mark, _contains(word)
        at = end


def _closing(text: str, at: int) -> int:
    """Where a quoted term that begins at `at` ends; a backslash lets a quote stand in it."""
    mark = text[at]
    end = at + 1
    while end < len(text):
        if text[end] == "\\" and mark == '"':
            end += 2
            continue
        if text[end] == mark:
            return end
        end += 1
    raise InvalidPattern("Invalid filter pattern")


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"').replace("\\\\", "\\")


def _contains(term: str) -> _Test:
    return lambda message: term in message
