"""What a call acts on, as policies see it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Resource(NamedTuple):
    """One resource that a call needs a permission for."""

    arn: str
    account: str = ""
    """Who owns it, when it is not the caller's account."""
    tags: Mapping[str, str] | None = None
    policy: str | None = None
    """Its resource policy, where it has one."""
    policy_required: bool = False
    """Whether nothing but its own policy can let a caller in (role trust policies, KMS keys)."""
    action: str = ""
    """The action asked for on it, when it is not the operation's own."""
    facts: Mapping[str, str | Sequence[str] | None] = {}
    """Condition keys, lower case, that describe it; None for one that the call has and it has not."""
    told: Sequence[tuple[str, str]] = ()
    """Headers that whoever is denied is told all the same."""
    also: tuple["Resource", ...] = ()
    """What must let the caller in besides it: the bucket behind an access point."""
