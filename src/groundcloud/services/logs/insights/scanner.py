"""The words of a query. What a `/` means depends on what is expected, so the parser asks for one word at a time."""

import re
from typing import NamedTuple

import re2


class MalformedQuery(Exception):
    """The query is not one; the text says why."""


class Token(NamedTuple):
    """`kind` is name, quoted (a name in backticks), text, number, duration, operator or end."""

    kind: str
    text: str
    start: int
    end: int


_SPACE = re.compile(r"(?:\s+|#[^\n]*)*")
_TOKEN = re.compile(
    r"""(?P<duration>\d+(?:ms|msec|mins?|mo|months?|seconds?|sec|s|minutes?|m|hours?|hrs?|hr|h|days?|d|weeks?|w|quarters?|qtr|q
            |years?|yr|y)\b)
        |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
        |(?P<name>[@A-Za-z_][\w.@]*)
        |`(?P<quoted>[^`]+)`
        |"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'
        |(?P<operator>==|!=|=~|<=|>=|[=<>+\-*/%^()\[\],|])""",
    re.VERBOSE | re.DOTALL,
)
_QUIET = re2.Options()
_QUIET.log_errors = False


class Scanner:
    """Reads a query from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._at = 0
        self._ahead: Token | None = None

    def peek(self) -> Token:
        if self._ahead is None:
            self._ahead = self._read()
        return self._ahead

    def next(self) -> Token:
        token = self.peek()
        self._at, self._ahead = token.end, None
        return token

    def take(self, *words: str) -> bool:
        """Step over words (small letters) or an operator, if they come now."""
        at, ahead = self._at, self._ahead
        for word in words:
            token = self.peek()
            if token.kind not in ("name", "operator") or token.text.lower() != word:
                self._at, self._ahead = at, ahead
                return False
            self.next()
        return True

    def need(self, word: str) -> None:
        if not self.take(word):
            raise self.wrong()

    def name(self) -> str:
        """The name of a field."""
        token = self.next()
        if token.kind not in ("name", "quoted"):
            raise MalformedQuery(f"unexpected symbol found {token.text!r} at position {token.start + 1}")
        return token.text

    def regex(self) -> str | None:
        """A regular expression between slashes, if one comes now."""
        self._ahead = None
        begin = self._skip()
        if self.text[begin : begin + 1] != "/":
            return None
        end = begin + 1
        while end < len(self.text) and self.text[end] != "/":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise MalformedQuery("a regular expression does not end")
        self._at = end + 1
        return self.text[begin + 1 : end].replace("\\/", "/")

    def wrong(self) -> MalformedQuery:
        token = self.peek()
        what = repr(token.text) if token.kind != "end" else "the end of the query"
        return MalformedQuery(f"unexpected symbol found {what} at position {token.start + 1}")

    def since(self, start: int) -> str:
        """The text from a position until here."""
        return self.text[start : self._at].strip()

    def _skip(self) -> int:
        found = _SPACE.match(self.text, self._at)
        return found.end() if found is not None else self._at

    def _read(self) -> Token:
        start = self._skip()
        if start == len(self.text):
            return Token("end", "", start, start)
        found = _TOKEN.match(self.text, start)
        if found is None or found.lastgroup is None:
            raise MalformedQuery(f"unexpected symbol found {self.text[start]!r} at position {start + 1}")
        kind, text = found.lastgroup, found[found.lastgroup]
        if kind in ("double", "single"):
            kind, text = "text", re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
        return Token(kind, text, start, found.end())


_NAMED_GROUP = re.compile(r"\(\?<([A-Za-z_]\w*)>")


def compiled(pattern: str) -> "re2._Regexp":
    """A regular expression, which takes time in proportion to the text (RE2). Raises `MalformedQuery`."""
    try:
        return re2.compile(_NAMED_GROUP.sub(r"(?P<\1>", pattern), _QUIET)
    except re2.error as error:
        raise MalformedQuery(f"the regular expression /{pattern}/ is not supported") from error
