"""Expressions as tokens, with the places from which AWS's messages quote."""

import re
from typing import NamedTuple

from groundcloud.services.dynamodb.errors import ValidationException, invalid
from groundcloud.services.dynamodb.expressions.reserved import RESERVED

LONGEST = 4096
_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<name>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<number>[0-9]+)|(?P<sign><>|<=|>=|[=<>(),.\[\]+\-]))",
    re.ASCII,
)
END = "<EOF>"


class Token(NamedTuple):
    kind: str
    """word, name, value, number, sign or end."""
    text: str
    start: int
    end: int


class Tokens:
    """The tokens of one expression, one at a time."""

    def __init__(self, text: str, label: str) -> None:
        self.text = text
        self.label = label
        if not text.strip():
            raise self.error("The expression can not be empty;")
        size = len(text.encode("utf-8", "replace"))
        if size > LONGEST:
            raise self.error(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
        self._tokens = self._split()
        self.at = 0

    def error(self, reason: str) -> ValidationException:
        return invalid(f"Invalid {self.label}: {reason}")

    def _split(self) -> list[Token]:
        found: list[Token] = []
        at, text = 0, self.text
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                start = at + len(text[at:]) - len(text[at:].lstrip())
                wrong = Token("sign", text[start], start, start + 1)
                raise self._syntax(wrong, found[-1] if found else None, None)
            kind = str(match.lastgroup)
            found.append(Token(kind, match[kind], match.start(kind), match.end(kind)))
            at = match.end()
        found.append(Token("end", END, len(text), len(text)))
        return found

    @property
    def next(self) -> Token:
        return self._tokens[self.at]

    @property
    def after(self) -> Token:
        """The one behind the next."""
        return self._tokens[min(self.at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self._tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def takes(self, sign: str) -> bool:
        """Whether the next token is this sign, which is then taken."""
        if self.next.kind == "sign" and self.next.text == sign:
            self.at += 1
            return True
        return False

    def takes_word(self, word: str) -> bool:
        """The same for a word of the language, in any case."""
        if self.next.kind == "word" and self.next.text.upper() == word:
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.takes(sign):
            raise self.unexpected()

    def unexpected(self) -> ValidationException:
        """AWS's syntax error at the next token."""
        before = self._tokens[self.at - 1] if self.at else None
        return self._syntax(self.next, before, self.after if self.next.kind != "end" else None)

    def _syntax(self, token: Token, before: Token | None, after: Token | None) -> ValidationException:
        start = before.start if before is not None else token.start
        end = after.end if after is not None and after.kind != "end" else token.end
        return self.error(f'Syntax error; token: "{token.text}", near: "{self.text[start:end]}"')

    def attribute(self, token: Token) -> str:
        """A word that names an attribute. Raises for the reserved ones."""
        if token.text.lower() in RESERVED:
            raise self.error(f"Attribute name is a reserved keyword; reserved keyword: {token.text}")
        return token.text
