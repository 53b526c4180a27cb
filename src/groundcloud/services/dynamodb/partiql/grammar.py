"""The grammar of statements, by recursive descent."""

from collections.abc import Sequence

from groundcloud.services.dynamodb.partiql.statements import (
    Conjunct,
    Delete,
    Exists,
    Insert,
    Select,
    Statement,
    Text,
    Update,
    Value,
    grouped,
)
from groundcloud.services.dynamodb.partiql.tokens import malformed, tokens
from groundcloud.services.dynamodb.partiql.words import Words

_COMPARE = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_FUNCTIONS = {"begins_with": 2, "contains": 2, "attribute_type": 2}
_RETURNING = {("ALL", "OLD"): "ALL_OLD", ("ALL", "NEW"): "ALL_NEW", ("MODIFIED", "OLD"): "UPDATED_OLD",
              ("MODIFIED", "NEW"): "UPDATED_NEW"}  # fmt: skip


def parse(statement: str, parameters: Sequence[Value] = ()) -> Statement:
    """Raises `ValidationException` for what is no statement, and for parameters too many or too few."""
    parser = _Parser(tokens(statement), list(parameters))
    found = parser.statement()
    parser.finish()
    return found


class _Operand:
    """A path or a value in a condition, as a piece of an expression."""

    __slots__ = ("attribute", "text", "value")

    def __init__(self, text: str, attribute: str = "", value: Value | None = None) -> None:
        self.text = text
        self.attribute = attribute
        self.value = value


class _Parser(Words):
    # -- statements

    def statement(self) -> Statement:
        if self._take("SELECT"):
            return self._select()
        if self._take("INSERT", "INTO"):
            return self._insert()
        if self._take("UPDATE"):
            return self._update()
        if self._take("DELETE", "FROM"):
            table = self._table()[0]
            return Delete(table, self._where(), self._returning())
        if self._take("EXISTS", "("):
            self._need("SELECT")
            select = self._select()
            self._need(")")
            return Exists(select)
        raise self._wrong()

    def _select(self) -> Select:
        projection: Text | None = None
        if not self._take("*"):
            self._begin()
            paths = [self._path()[0]]
            while self._take(","):
                paths.append(self._path()[0])
            projection = self._piece(", ".join(paths))
        self._need("FROM")
        table, index = self._table()
        where = self._where() if self._peek().text.upper() == "WHERE" else []
        order_by, descending = "", False
        if self._take("ORDER", "BY"):
            order_by = self._name()
            descending = self._take("DESC")
            if not descending:
                self._take("ASC")
        return Select(table, index, projection, where, order_by, descending)

    def _insert(self) -> Insert:
        table = self._table()[0]
        self._need("VALUE")
        value = self._value()
        if "M" not in value:
            raise malformed("an item is expected behind VALUE")
        return Insert(table, value["M"])

    def _update(self) -> Update:
        table = self._table()[0]
        clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
        self._begin()
        while True:
            if self._take("SET"):
                self._assignment(clauses)
                while self._take(","):
                    self._take("SET")
                    self._assignment(clauses)
            elif self._take("REMOVE"):
                clauses["REMOVE"].append(self._path()[0])
                while self._take(","):
                    clauses["REMOVE"].append(self._path()[0])
            else:
                break
        if not any(clauses.values()):
            raise self._wrong()
        change = self._piece(" ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts))
        return Update(table, change, self._where(), self._returning())

    def _assignment(self, clauses: dict[str, list[str]]) -> None:
        path = self._path()[0]
        self._need("=")
        word = self._peek().text.lower() if self._peek().kind == "word" else ""
        if word in ("set_add", "set_delete") and self._words[self._at + 1].text == "(":
            self._at += 2
            if self._path()[0] != path:
                raise malformed(f"{word} must be of the attribute that is set")
            self._need(",")
            clauses["ADD" if word == "set_add" else "DELETE"].append(f"{path} {self._given(self._value())}")
            self._need(")")
            return
        clauses["SET"].append(f"{path} = {self._sum()}")

    def _sum(self) -> str:
        left = self._term()
        for mark in ("+", "-"):
            if self._take(mark):
                return f"{left} {mark} {self._term()}"
        return left

    def _term(self) -> str:
        word = self._peek().text.lower() if self._peek().kind == "word" else ""
        if word in ("list_append", "if_not_exists") and self._words[self._at + 1].text == "(":
            self._at += 2
            first = self._term()
            self._need(",")
            second = self._term()
            self._need(")")
            return f"{word}({first}, {second})"
        return self._operand().text

    def _returning(self) -> str:
        if not self._take("RETURNING"):
            return "NONE"
        which, when = self._next().text.upper(), self._next().text.upper()
        self._need("*")
        if (which, when) not in _RETURNING:
            raise malformed("RETURNING is ALL or MODIFIED, OLD or NEW, and *")
        return _RETURNING[which, when]

    def _table(self) -> tuple[str, str]:
        table = self._name()
        return table, self._name() if self._take(".") else ""

    def _name(self) -> str:
        token = self._next()
        if token.kind not in ("word", "quoted"):
            self._at -= 1
            raise self._wrong()
        return token.text

    # -- conditions

    def _where(self) -> list[Conjunct]:
        self._need("WHERE")
        found: list[Conjunct] = []
        begun = self._at, self._used
        while True:
            self._begin()
            text, leaf = self._not()
            found.append(leaf._replace(condition=self._piece(text)))
            if self._peek().text.upper() == "OR":  # then all of it is one condition
                self._at, self._used = begun
                self._begin()
                return [Conjunct(self._piece(self._either()))]
            if not self._take("AND"):
                return found

    def _either(self) -> str:
        self._deeper()
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        self._depth -= 1
        return " OR ".join(parts)

    def _all(self) -> str:
        parts = [self._not()[0]]
        while self._take("AND"):
            parts.append(self._not()[0])
        return " AND ".join(parts)

    _NOTHING = Conjunct(Text("", {}, {}))

    def _not(self) -> tuple[str, Conjunct]:
        if self._take("NOT"):
            self._deeper()
            inner = self._not()[0]
            self._depth -= 1
            return f"(NOT {inner})", self._NOTHING
        if self._take("("):
            inner = self._either()
            self._need(")")
            return grouped(inner), self._NOTHING
        return self._test()

    def _test(self) -> tuple[str, Conjunct]:
        token = self._peek()
        name = token.text.lower()
        if token.kind == "word" and name in _FUNCTIONS and self._words[self._at + 1].text == "(":
            return self._function(name)
        left = self._operand()
        if self._take("IS"):
            return self._is(left), self._NOTHING
        if self._take("BETWEEN"):
            low = self._operand()
            self._need("AND")
            return f"{left.text} BETWEEN {low.text} AND {self._operand().text}", Conjunct(
                self._NOTHING.condition, left.attribute, "BETWEEN"
            )
        if self._take("IN"):
            return f"{left.text} IN ({', '.join(self._options())})", self._NOTHING
        operator = _COMPARE.get(self._next().text)
        if operator is None:
            self._at -= 1
            raise self._wrong()
        right = self._operand()
        text = f"{left.text} {operator} {right.text}"
        if left.attribute and right.value is not None:
            return text, Conjunct(self._NOTHING.condition, left.attribute, operator, right.value)
        if right.attribute and left.value is not None:
            return text, Conjunct(self._NOTHING.condition, right.attribute, _TURNED[operator], left.value)
        return text, self._NOTHING

    def _function(self, name: str) -> tuple[str, Conjunct]:
        self._at += 2
        first = self._operand()
        self._need(",")
        second = self._operand()
        self._need(")")
        attribute = first.attribute if name == "begins_with" else ""
        return f"{name}({first.text}, {second.text})", Conjunct(
            self._NOTHING.condition, attribute, name if attribute else ""
        )

    def _is(self, left: _Operand) -> str:
        negated = self._take("NOT")
        if self._take("MISSING"):
            return f"attribute_{'' if negated else 'not_'}exists({left.text})"
        self._need("NULL")
        test = f"attribute_type({left.text}, {self._given({'S': 'NULL'})})"
        return f"(NOT {test})" if negated else test

    def _options(self) -> list[str]:
        closing = "]" if self._take("[") else ")"
        if closing == ")":
            self._need("(")
        found = [self._operand().text]
        while self._take(","):
            found.append(self._operand().text)
        self._need(closing)
        return found

    # -- operands

    def _operand(self) -> _Operand:
        token = self._peek()
        if token.kind == "word" and token.text.lower() == "size" and self._words[self._at + 1].text == "(":
            self._at += 2
            path = self._path()[0]
            self._need(")")
            return _Operand(f"size({path})")
        literal = token.kind == "word" and token.text.upper() in ("TRUE", "FALSE", "NULL")
        if token.kind in ("word", "quoted") and not literal:
            text, attribute = self._path()
            return _Operand(text, attribute)
        value = self._value()
        return _Operand(self._given(value), value=value)

    def _path(self) -> tuple[str, str]:
        """A path as an expression has it, and its name where it is but one attribute."""
        name = self._name()
        text = self._named(name)
        simple = True
        while True:
            if self._take("."):
                text += f".{self._named(self._name())}"
            elif self._peek().text == "[" and self._words[self._at + 1].kind == "number":
                self._at += 1
                text += f"[{self._next().text}]"
                self._need("]")
            else:
                return text, name if simple else ""
            simple = False

    def _begin(self) -> None:
        self._names, self._values = {}, {}

    def _piece(self, text: str) -> Text:
        return Text(text, self._names, self._values)

    def _named(self, name: str) -> str:
        known = next((placeholder for placeholder, one in self._names.items() if one == name), None)
        if known is not None:
            return known
        self._count += 1
        self._names[f"#n{self._count}"] = name
        return f"#n{self._count}"

    def _given(self, value: Value) -> str:
        self._count += 1
        self._values[f":v{self._count}"] = value
        return f":v{self._count}"
