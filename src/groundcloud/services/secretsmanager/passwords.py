"""Random passwords."""

import string

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.secretsmanager import errors


@operation(on="*", read=True)
def get_random_password(
    ctx: Context,
    password_length: int = 32,
    exclude_characters: str = "",
    exclude_numbers: bool = False,
    exclude_punctuation: bool = False,
    exclude_uppercase: bool = False,
    exclude_lowercase: bool = False,
    include_space: bool = False,
    require_each_included_type: bool = True,
) -> object:
    """Source: API reference, GetRandomPassword: 32 characters by default, at least one of each included type."""
    kinds = [
        "" if exclude_uppercase else string.ascii_uppercase,
        "" if exclude_lowercase else string.ascii_lowercase,
        "" if exclude_numbers else string.digits,
        "" if exclude_punctuation else string.punctuation,
        " " if include_space else "",
    ]
    left = ["".join(character for character in kind if character not in exclude_characters) for kind in kinds]
    if require_each_included_type and any(kind and not kept for kind, kept in zip(kinds, left, strict=True)):
        raise errors.InvalidParameter(reason="You excluded all characters of an included character type.")
    alphabet = "".join(left)
    if not alphabet:
        raise errors.InvalidParameter(reason="You excluded all characters.")
    wanted = [kind for kind in left if kind] if require_each_included_type else []
    if password_length < len(wanted):
        raise errors.InvalidParameter(reason=f"The password must have at least {len(wanted)} characters.")
    drawn = [ctx.random_text(kind, 1) for kind in wanted]
    drawn += ctx.random_text(alphabet, password_length - len(wanted))
    return {"random_password": _shuffled(ctx, drawn)}


def _shuffled(ctx: Context, characters: list[str]) -> str:
    """Fisher and Yates's shuffle."""
    for place in range(len(characters) - 1, 0, -1):
        other = int.from_bytes(ctx.random(8), "big") % (place + 1)
        characters[place], characters[other] = characters[other], characters[place]
    return "".join(characters)
