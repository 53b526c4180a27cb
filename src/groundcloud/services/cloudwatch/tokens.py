"""Tokens of lists that the core does not cut, because they have several results."""

from groundcloud.context import Context
from groundcloud.services.cloudwatch.errors import InvalidNextToken


def _purpose(ctx: Context, operation: str) -> str:
    return f"page/cloudwatch/{operation}/{ctx.account}/{ctx.region}"


def sealed(ctx: Context, operation: str, position: bytes) -> str:
    return ctx.seal_text(position, _purpose(ctx, operation))


def opened(ctx: Context, operation: str, token: str) -> bytes:
    """The position that a token tells; empty for none. Raises `InvalidNextToken`."""
    if not token:
        return b""
    position = ctx.open_text(token, _purpose(ctx, operation))
    if position is None:
        raise InvalidNextToken()
    return position
