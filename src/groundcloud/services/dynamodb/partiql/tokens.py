"""The words of a statement."""

import re
from typing import NamedTuple

from groundcloud.services.dynamodb.errors import ValidationException, invalid


class Token(NamedTuple):
    """`kind` is word, quoted (a name), text, number, mark or end."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z_$][\w$]*)
        |"(?P<quoted>(?:[^"]|"")*)"
        |'(?P<text>(?:[^']|'')*)'
        |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
        |(?P<mark><<|>>|<=|>=|<>|!=|[=<>()\[\]{},.*?+\-:;]))""",
    re.VERBOSE,
)


def malformed(reason: str) -> ValidationException:
    """DynamoDB's error for what is no statement."""
    return invalid(f"Statement wasn't well formed, can't be processed: {reason}")


def tokens(text: str) -> list[Token]:
    """Raises `ValidationException`."""
    found: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise malformed(f"unexpected character at position {at + 1}")
        kind = match.lastgroup
        word = match[kind]
        if kind in ("text", "quoted"):
            mark = "'" if kind == "text" else '"'
            word = word.replace(mark * 2, mark)
        found.append(Token(kind, word, match.start(kind)))
        at = match.end()
    if found and found[-1][:2] == ("mark", ";"):
        found.pop()
    return [*found, Token("end", "", end)]
