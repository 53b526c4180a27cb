"""The grammar, by recursive descent.

condition  = all {OR all}            all      = one {AND one}
one        = NOT one | ( condition ) | function | operand comparator operand
           | operand BETWEEN operand AND operand | operand IN ( operand {, operand} )
operand    = path | :value | function        path = name {. name | [ number ]}
update     = {SET path = sum, ... | REMOVE path, ... | ADD path :value, ... | DELETE path :value, ...}
projection = path {, path}
"""

from groundcloud.services.dynamodb.expressions.syntax import (
    Between,
    Call,
    Change,
    Compare,
    Condition,
    Every,
    Given,
    In,
    Not,
    Operand,
    Path,
    Some,
    Sum,
)
from groundcloud.services.dynamodb.expressions.tokens import Tokens

DEEPEST = 60
"""Levels of parentheses, NOT and functions: below what the interpreter's stack takes."""
MOST_OPERATORS = 300
MOST_CHOICES = 100
COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
CONDITIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
OPERANDS = {"size": 1}
UPDATES = {"if_not_exists": 2, "list_append": 2}
_FUNCTIONS = {**CONDITIONS, **OPERANDS, **UPDATES}


class Grammar:
    """Reads one expression. `functions` are those that may be operands in it."""

    def __init__(self, text: str, label: str, functions: dict[str, int] = OPERANDS) -> None:
        self.tokens = Tokens(text, label)
        self.functions = functions
        self.depth = 0
        self.operators = 0
        self.closed = (0, 0)
        """Where the last pair of parentheses began and ended."""

    # -- whole expressions

    def condition(self) -> Condition:
        found = self._some()
        self._end()
        return found

    def projection(self) -> list[Path]:
        found = [self._path()]
        while self.tokens.takes(","):
            found.append(self._path())
        self._end()
        return found

    def update(self) -> list[Change]:
        tokens = self.tokens
        found: list[Change] = []
        seen: set[str] = set()
        while tokens.next.kind != "end":
            section = tokens.next.text.upper()
            if tokens.next.kind != "word" or section not in ("SET", "REMOVE", "ADD", "DELETE"):
                raise tokens.unexpected()
            if section in seen:
                raise tokens.error(f'The "{section}" section can only be used once in an update expression;')
            seen.add(section)
            tokens.take()
            found.append(self._change(section))
            while tokens.takes(","):
                found.append(self._change(section))
        return found

    def _end(self) -> None:
        if self.tokens.next.kind != "end":
            raise self.tokens.unexpected()

    # -- conditions

    def _some(self) -> Condition:
        found = [self._every()]
        while self.tokens.takes_word("OR"):
            self._count()
            found.append(self._every())
        return found[0] if len(found) == 1 else Some(tuple(found))

    def _every(self) -> Condition:
        found = [self._one()]
        while self.tokens.takes_word("AND"):
            self._count()
            found.append(self._one())
        return found[0] if len(found) == 1 else Every(tuple(found))

    def _one(self) -> Condition:
        self._deeper()
        try:
            if self.tokens.takes_word("NOT"):
                self._count()
                return Not(self._one())
            if self.tokens.takes("("):
                return self._parenthesis()
            return self._simple()
        finally:
            self.depth -= 1

    def _parenthesis(self) -> Condition:
        tokens = self.tokens
        start = tokens.at
        found = self._some()
        if self.closed == (start + 1, tokens.at):
            raise tokens.error("The expression has redundant parentheses;")
        tokens.expect(")")
        self.closed = (start, tokens.at)
        return found

    def _simple(self) -> Condition:
        tokens = self.tokens
        self._count()
        if tokens.next.kind == "word" and tokens.after.text == "(" and tokens.next.text in CONDITIONS:
            return self._call(CONDITIONS)
        left = self._operand()
        if tokens.next.kind == "sign" and tokens.next.text in COMPARATORS:
            return Compare(tokens.take().text, left, self._operand())
        if tokens.takes_word("BETWEEN"):
            low = self._operand()
            if not tokens.takes_word("AND"):
                raise tokens.unexpected()
            return Between(left, low, self._operand())
        if tokens.takes_word("IN"):
            return In(left, self._choices())
        if isinstance(left, Call):
            raise tokens.error(
                f"The function is not allowed to be used this way in an expression; function: {left.function}"
            )
        raise tokens.unexpected()

    def _choices(self) -> tuple[Operand, ...]:
        tokens = self.tokens
        tokens.expect("(")
        found = [self._operand()]
        while tokens.takes(","):
            found.append(self._operand())
        tokens.expect(")")
        if len(found) > MOST_CHOICES:
            raise tokens.error(
                "Incorrect number of operands for operator or function; "
                f"operator or function: IN, number of operands: {len(found) + 1}"
            )
        return tuple(found)

    # -- operands

    def _operand(self) -> Operand:
        token = self.tokens.next
        if token.kind == "value":
            self.tokens.take()
            return Given(token.text)
        if token.kind == "word" and self.tokens.after.text == "(":
            return self._call(self.functions)
        return self._path()

    def _call(self, allowed: dict[str, int]) -> Call:
        tokens = self.tokens
        function = tokens.take().text
        if function not in _FUNCTIONS:
            raise tokens.error(f"Invalid function name; function: {function}")
        if function not in allowed:
            where = _WHERE.get(tokens.label, "this expression")
            foreign = (function in UPDATES) != (self.functions is UPDATES)
            raise tokens.error(
                f"The function is not allowed in {where}; function: {function}"
                if foreign
                else f"The function is not allowed to be used this way in an expression; function: {function}"
            )
        tokens.expect("(")
        self._deeper()
        arguments = [self._operand()]
        while tokens.takes(","):
            arguments.append(self._operand())
        self.depth -= 1
        tokens.expect(")")
        if len(arguments) != allowed[function]:
            raise tokens.error(
                "Incorrect number of operands for operator or function; "
                f"operator or function: {function}, number of operands: {len(arguments)}"
            )
        if function not in ("list_append",) and not isinstance(arguments[0], Path) and function not in _ANY_FIRST:
            raise tokens.error(f"Operator or function requires a document path; operator or function: {function}")
        return Call(function, tuple(arguments))

    def _path(self) -> Path:
        tokens = self.tokens
        steps: list[str | int] = [self._step()]
        while True:
            if tokens.takes("."):
                steps.append(self._step())
            elif tokens.takes("["):
                number = tokens.next
                if number.kind != "number":
                    raise tokens.unexpected()
                tokens.take()
                if len(number.text) > 9:
                    raise tokens.error(f"List index is not within the allowable range; index: [{number.text}]")
                steps.append(int(number.text))
                tokens.expect("]")
            else:
                break
        if len(steps) > 32:
            raise tokens.error("The document path has too many nesting elements; nesting levels: " + str(len(steps)))
        return Path(tuple(steps))

    def _step(self) -> str:
        token = self.tokens.next
        if token.kind == "name":
            return self.tokens.take().text
        if token.kind != "word":
            raise self.tokens.unexpected()
        name = self.tokens.attribute(token)
        self.tokens.take()
        return name

    # -- updates

    def _change(self, section: str) -> Change:
        path = self._path()
        if section == "REMOVE":
            return Change(section, path, None)
        if section == "SET":
            self.tokens.expect("=")
            return Change(section, path, self._sum())
        if self.tokens.next.kind != "value":
            raise self.tokens.unexpected()
        return Change(section, path, Given(self.tokens.take().text))

    def _sum(self) -> Operand:
        tokens = self.tokens
        braced = tokens.takes("(")
        left = self._operand()
        found = left
        if tokens.next.text in ("+", "-") and tokens.next.kind == "sign":
            found = Sum(tokens.take().text, left, self._operand())
        if braced:
            tokens.expect(")")
        return found

    # -- limits

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.tokens.error("The expression has too many nesting levels;")

    def _count(self) -> None:
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            raise self.tokens.error("The expression contains more than the maximum allowed number of operators;")


_ANY_FIRST = frozenset(("begins_with", "contains", "size", "attribute_type"))


_WHERE = {
    "ConditionExpression": "a condition expression",
    "FilterExpression": "a filter expression",
    "KeyConditionExpression": "a key condition expression",
    "UpdateExpression": "an update expression",
}
