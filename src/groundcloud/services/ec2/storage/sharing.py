"""Who may use a snapshot or an image besides its owner, as the attributes of both say it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from groundcloud.store import Part


class Permission(Part):
    group: str = ""
    user_id: str = ""


class PermissionChange(Part):
    add: list[Permission] = []
    remove: list[Permission] = []


class Sharing(NamedTuple):
    """A change: accounts, or `all` for everybody."""

    added: list[str]
    removed: list[str]

    def applied(self, accounts: Iterable[str]) -> list[str]:
        """Who may use it after the change."""
        return sorted({*(each for each in accounts if each not in self.removed), *self.added})


def asked(change: PermissionChange | None, operation_type: str, named: Sequence[str]) -> Sharing:
    """The change that a call asks for, in either of its two forms: a structure, or an operation and names."""
    change = change or PermissionChange()
    found = Sharing(_accounts(change.add), _accounts(change.remove))
    (found.removed if operation_type == "remove" else found.added).extend(named)
    return found


def permissions(accounts: Iterable[str]) -> list[dict[str, str]]:
    """As answers show them."""
    return [{"group": "all"} if each == "all" else {"user_id": each} for each in accounts]


def _accounts(given: Sequence[Permission]) -> list[str]:
    return [each.group or each.user_id for each in given]
