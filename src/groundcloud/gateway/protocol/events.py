"""Event streams by the model: events of an output to frames, frames of an input to events."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from groundcloud.errors import AwsError
from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.eventstream import Frame, FrameDecoder, Long, encode_frame
from groundcloud.gateway.protocol.scalars import as_datetime
from groundcloud.gateway.protocol.values import getter
from groundcloud.names import snake

Encoder = Callable[[Any], bytes]
Decoder = Callable[[bytes], Any]
EncoderFor = Callable[[Any], Encoder]
DecoderFor = Callable[[Any], Decoder]
MAX_SIGNED_DEPTH = 2


def _payload_member(shape: Any) -> str | None:
    return next((name for name, one in shape.members.items() if one.serialization.get("eventpayload")), None)


def _header_members(shape: Any) -> dict[str, Any]:
    return {name: one for name, one in shape.members.items() if one.serialization.get("eventheader")}


def header_value(shape: Any, value: Any) -> Any:
    """A member as the typed value of a frame's header."""
    kind = shape.type_name
    if kind == "long":
        return Long(value)
    if kind == "timestamp":
        return as_datetime(value)
    return value


def event_encoder(name: str, shape: Any, encoder_for: EncoderFor, content_type: str) -> Encoder:
    """The writer of one kind of event: its value to a frame."""
    exception = bool(shape.metadata.get("exception"))
    fixed = {":exception-type": name} if exception else {":event-type": name}
    fixed[":message-type"] = "exception" if exception else "event"
    headers = [(snake(member), member, one) for member, one in _header_members(shape).items()]
    payload = _payload_member(shape)
    encode: Encoder
    if payload is None:
        only_headers = len(headers) == len(shape.members)
        encode = (lambda _: b"") if only_headers else encoder_for(shape)
        if not only_headers:
            fixed[":content-type"] = content_type
    else:
        encode, fixed[":content-type"] = _payload_encoder(
            shape.members[payload], snake(payload), encoder_for, content_type
        )

    def write(value: Any) -> bytes:
        get = getter(value)
        found = dict(fixed)
        for own, member, one in headers:
            given = get(own)
            if given is not None:
                found[member] = header_value(one, given)
        return encode_frame(found, encode(value))

    return write


def _payload_encoder(shape: Any, name: str, encoder_for: EncoderFor, content_type: str) -> tuple[Encoder, str]:
    if shape.type_name == "blob":
        return lambda value: getter(value)(name) or b"", "application/octet-stream"
    if shape.type_name == "string":
        return lambda value: (getter(value)(name) or "").encode("utf-8", "replace"), "text/plain"
    encode = encoder_for(shape)
    return lambda value: encode(getter(value)(name) or {}), content_type


class EventWriter:
    """Writes the events of one stream shape."""

    def __init__(self, stream: Any, encoder_for: EncoderFor, content_type: str) -> None:
        self.content_type = content_type
        self.events: dict[str, Encoder] = {}
        self.exceptions: dict[str, tuple[str, Any]] = {}
        for name, shape in stream.members.items():
            self.events[snake(name)] = event_encoder(name, shape, encoder_for, content_type)
            if shape.metadata.get("exception"):
                for code in (name, shape.name, shape.error_code):
                    self.exceptions.setdefault(code.lower(), (snake(name), shape))

    def event(self, event: Any) -> bytes:
        """`{event_name: value}` as a frame."""
        ((name, value),) = event.items()
        return self.events[name](value)

    def initial(self, payload: bytes) -> bytes:
        """The frame before all events in which RPC protocols send the other members of the output."""
        kind = {":event-type": "initial-response", ":message-type": "event", ":content-type": self.content_type}
        return encode_frame(kind, payload)

    def failure(self, error: AwsError) -> bytes:
        """An error in the middle of a stream: an exception that the model knows, else an unmodeled error."""
        known = self.exceptions.get(error.code.lower())
        if known is not None:
            name, shape = known
            facts = {snake(member): error.message for member in shape.members if member.lower() == "message"}
            return self.events[name]({**error.facts, **facts})
        kind = {":message-type": "error", ":error-code": error.code, ":error-message": error.message}
        return encode_frame(kind, b"")

    async def frames(self, events: AsyncIterable[Any], first: bytes | None) -> AsyncIterator[bytes]:
        """The whole body of an answer."""
        if first is not None:
            yield first
        try:
            async for event in events:
                yield self.event(event)
        except AwsError as error:
            yield self.failure(error)


def event_decoder(shape: Any, decoder_for: DecoderFor) -> Callable[[Frame], dict[str, Any]]:
    """The reader of one kind of event."""
    headers = [(member, snake(member)) for member in _header_members(shape)]
    payload = _payload_member(shape)
    decode = decoder_for(shape) if payload is None else _payload_decoder(shape.members[payload], decoder_for)

    def read(frame: Frame) -> dict[str, Any]:
        value = decode(frame.payload)
        out: dict[str, Any] = dict(value) if payload is None else {snake(payload): value}
        for member, name in headers:
            if member in frame.headers:
                out[name] = frame.headers[member]
        return out

    return read


def _payload_decoder(shape: Any, decoder_for: DecoderFor) -> Decoder:
    if shape.type_name == "blob":
        return lambda payload: payload
    if shape.type_name == "string":
        return _utf8
    return decoder_for(shape)


def _utf8(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The payload of an event is not valid UTF-8") from None


class EventReader:
    """Reads the events of one request as its bytes come. Not shared between requests.

    A signed stream wraps every event in a frame with `:chunk-signature`; the wrapping is taken off here, and
    `signatures` has (signature, date, payload) of each frame for the gateway to verify.
    """

    def __init__(
        self, kinds: dict[str, tuple[str, Callable[[Frame], dict[str, Any]]]], initial: Decoder | None
    ) -> None:
        self.kinds = kinds
        self.initial = initial
        self.decoder = FrameDecoder()
        self.signatures: list[tuple[bytes, Any, bytes]] = []

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The events that `data` completes, each `{event_name: value}`; the first of an RPC protocol may be
        `{"initial-request": arguments}`. Raises Malformed."""
        found: list[dict[str, Any]] = []
        for frame in self.decoder.feed(data):
            self._take(frame, found, 0)
        return found

    def _take(self, frame: Frame, found: list[dict[str, Any]], depth: int) -> None:
        signature = frame.headers.get(":chunk-signature")
        if signature is not None:
            self.signatures.append((signature, frame.headers.get(":date"), frame.payload))
            if frame.payload:
                if depth >= MAX_SIGNED_DEPTH:
                    raise Malformed("An event is signed too often")
                inner = FrameDecoder()
                for one in inner.feed(frame.payload):
                    self._take(one, found, depth + 1)
                if inner.pending:
                    raise Malformed("A signed event is incomplete")
            return
        kind = frame.headers.get(":event-type")
        if kind == "initial-request" and self.initial is not None:
            found.append({"initial-request": self.initial(frame.payload)})
            return
        entry = self.kinds.get(kind) if isinstance(kind, str) else None
        if entry is None:
            raise Malformed("The event type is not known")
        found.append({entry[0]: entry[1](frame)})


def event_reader_factory(stream: Any, decoder_for: DecoderFor, initial: Decoder | None) -> Callable[[], EventReader]:
    """Makes a reader for each request; compiled once."""
    kinds = {name: (snake(name), event_decoder(shape, decoder_for)) for name, shape in stream.members.items()}
    return lambda: EventReader(kinds, initial)
