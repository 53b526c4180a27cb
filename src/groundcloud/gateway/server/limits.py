"""What one client may cost the server, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes are bytes, times are seconds; times are checked once per tick of the server (one second)."""

    head: int = 65536
    """Request line, headers and trailers together."""
    header: int = 16384
    """One header, name and value. AWS's front ends take about 8 KB; session tokens with tags can need more."""
    headers: int = 200
    """How many headers."""
    connections: int = 8192
    queue: int = 8
    """Pipelined requests that wait behind the one under way; reading stops there."""
    idle: float = 60.0
    """A connection between two requests."""
    head_time: float = 20.0
    """From the first byte of a request to the end of its headers, and for the TLS handshake."""
    stall: float = 20.0
    """A body of which nothing arrives, or an answer of which nothing leaves. Amazon S3 waits 20 seconds as well."""
    body_rate: int = 500
    """Bytes per second that a body must reach on average, after the first `stall` seconds."""
    body_buffer: int = 262144
    """Bytes of a body that wait for the handler before reading pauses."""
    drain: int = 262144
    """Bytes of an unread body that are thrown away to keep the connection; beyond that it is closed."""
    linger: float = 5.0
    """How long a refused client may go on sending, so that it reads the answer instead of a reset."""
    tick: float = 1.0
