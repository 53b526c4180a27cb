"""Reading a statement word by word, and the values that stand in it."""

from typing import Any

from groundcloud.services.dynamodb.partiql.statements import Value
from groundcloud.services.dynamodb.partiql.tokens import Token, malformed

_DEEPEST = 32


class Words:
    """Where a statement has been read to; `grammar.py` reads with it."""

    def __init__(self, words: list[Token], parameters: list[Value]) -> None:
        self._words = words
        self._at = 0
        self._parameters = parameters
        self._used = 0
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}
        self._count = 0
        self._depth = 0

    # -- words

    def _peek(self) -> Token:
        return self._words[self._at]

    def _next(self) -> Token:
        token = self._words[self._at]
        if token.kind == "end":
            raise malformed("unexpected end of the statement")
        self._at += 1
        return token

    def _take(self, *texts: str) -> bool:
        """Step over words or marks, if they come now."""
        ahead = self._words[self._at : self._at + len(texts)]
        if len(ahead) < len(texts):
            return False
        for token, text in zip(ahead, texts, strict=True):
            if token.kind not in ("word", "mark") or token.text.upper() != text:
                return False
        self._at += len(texts)
        return True

    def _need(self, *texts: str) -> None:
        if not self._take(*texts):
            raise self._wrong()

    def _wrong(self) -> Exception:
        token = self._peek()
        return malformed(f"unexpected {token.text or 'end'!r} at position {token.at + 1}")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise malformed("it is nested too deeply")

    def finish(self) -> None:
        if self._peek().kind != "end":
            raise self._wrong()
        if self._used != len(self._parameters):
            raise malformed("the number of parameters is not that of the question marks")

    # -- values

    def _value(self) -> Value:
        token = self._next()
        self._deeper()
        try:
            return self._value_of(token)
        finally:
            self._depth -= 1

    def _value_of(self, token: Token) -> Value:
        if token.kind == "text":
            return {"S": token.text}
        if token.kind == "number":
            return {"N": token.text}
        word = token.text.upper()
        if token.kind == "word" and word in ("TRUE", "FALSE"):
            return {"BOOL": word == "TRUE"}
        if token.kind == "word" and word == "NULL":
            return {"NULL": True}
        if token.kind == "mark":
            if token.text == "?":
                return self._parameter()
            if token.text in ("-", "+") and self._peek().kind == "number":
                return {"N": f"{'-' if token.text == '-' else ''}{self._next().text}"}
            if token.text == "[":
                return {"L": self._values_until("]")}
            if token.text == "<<":
                return _set(self._values_until(">>"))
            if token.text == "{":
                return {"M": self._map()}
        self._at -= 1
        raise self._wrong()

    def _parameter(self) -> Value:
        if self._used >= len(self._parameters):
            raise malformed("the number of parameters is not that of the question marks")
        self._used += 1
        return self._parameters[self._used - 1]

    def _values_until(self, closing: str) -> list[Value]:
        found: list[Value] = []
        while not self._take(closing):
            if found:
                self._need(",")
            found.append(self._value())
        return found

    def _map(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not self._take("}"):
            if found:
                self._need(",")
            token = self._next()
            if token.kind not in ("text", "quoted", "word"):
                self._at -= 1
                raise self._wrong()
            self._need(":")
            found[token.text] = self._value()
        return found


def _set(values: list[Value]) -> Value:
    kinds = {next(iter(value)) for value in values}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        raise malformed("a set has texts only, or numbers only, or binaries only")
    kind = kinds.pop()
    inner: list[Any] = [value[kind] for value in values]
    return {f"{kind}S": inner}
