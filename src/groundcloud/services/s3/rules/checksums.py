"""Checksums of objects and parts: running sums, base64 forms, sums of parts put together, and S3's refusals.

Sources: S3 User Guide, "Checking object integrity for data uploads" (algorithms, full-object and composite types);
API Reference, PutObject, CreateMultipartUpload, CompleteMultipartUpload. `anycrc` computes the CRCs with the
processor's carry-less multiplication; the hashes are OpenSSL's and xxHash's own.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import anycrc
import xxhash

from groundcloud.services.s3.rules import errors

_COUNT = re.compile(r"-\d{1,5}$", re.ASCII)

FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"


class Running(Protocol):
    """A sum that grows with the data (what hashlib's objects are, too)."""

    def update(self, data: Any, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc:
    """A running CRC; `digest` is its big-endian form."""

    __slots__ = ("_calc", "_size", "value")

    def __init__(self, model: Any, size: int) -> None:
        self._calc = model.calc
        self._size = size
        self.value = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        self.value = self._calc(data, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(self._size)


class Algorithm(NamedTuple):
    """One of the checksum algorithms, under its name in the API."""

    name: str
    member: str
    """The member that carries its value, in snake case."""
    size: int
    """Bytes of a value."""
    types: tuple[str, ...]
    """Checksum types that a multipart upload may have with it; the first is the default."""
    start: Callable[[], Running]
    crc: Any = None
    """The model that can put sums together, for CRCs."""

    @property
    def header(self) -> str:
        """The name of its header and of its trailer."""
        return f"x-amz-checksum-{self.name.lower()}"

    def of(self, data: bytes) -> str:
        """The value of data at hand."""
        running = self.start()
        running.update(data)
        return encoded(running)

    def raw(self, value: str) -> bytes | None:
        """The bytes of a value in base64, or None if it is none of this algorithm."""
        try:
            digest = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
        return digest if len(digest) == self.size else None


def encoded(running: Running) -> str:
    """The base64 form in which checksums travel."""
    return base64.b64encode(running.digest()).decode("ascii")


def _crc(name: str, member: str, model: str, size: int, types: tuple[str, ...]) -> Algorithm:
    made = anycrc.Model(model)
    return Algorithm(name, member, size, types, lambda: Crc(made, size), made)


_HASHES = (
    Algorithm("SHA1", "checksum_sha1", 20, (COMPOSITE,), hashlib.sha1),
    Algorithm("SHA256", "checksum_sha256", 32, (COMPOSITE,), hashlib.sha256),
    Algorithm("SHA512", "checksum_sha512", 64, (COMPOSITE,), hashlib.sha512),
    Algorithm("MD5", "checksum_md5", 16, (COMPOSITE,), hashlib.md5),
    Algorithm("XXHASH64", "checksum_xxhash64", 8, (COMPOSITE,), xxhash.xxh64),
    Algorithm("XXHASH3", "checksum_xxhash3", 8, (COMPOSITE,), xxhash.xxh3_64),
    Algorithm("XXHASH128", "checksum_xxhash128", 16, (COMPOSITE,), xxhash.xxh3_128),
)

ALGORITHMS: dict[str, Algorithm] = {
    each.name: each
    for each in (
        _crc("CRC32", "checksum_crc32", "CRC32", 4, (COMPOSITE, FULL_OBJECT)),
        _crc("CRC32C", "checksum_crc32_c", "CRC32C", 4, (COMPOSITE, FULL_OBJECT)),
        _crc("CRC64NVME", "checksum_crc64_nvme", "CRC64-NVME", 8, (FULL_OBJECT,)),
        *_HASHES,
    )
}
"""By AWS's name."""

DEFAULT = ALGORITHMS["CRC64NVME"]
"""What S3 computes for an object that came without a checksum."""

BY_HEADER = {each.header: each for each in ALGORITHMS.values()}
BY_MEMBER = {each.member: each for each in ALGORITHMS.values()}


class Claimed(NamedTuple):
    """The checksum that a request announces. `value` is None while it is still to come in a trailer."""

    algorithm: Algorithm
    value: str | None = None


def algorithm(name: str) -> Algorithm:
    """Raises `InvalidRequest` for a name that S3 does not know (x-amz-checksum-algorithm)."""
    found = ALGORITHMS.get(name.upper())
    if found is None:
        raise errors.InvalidRequest(
            message="Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(ALGORITHMS)}]"
        )
    return found


def claimed(
    members: Mapping[str, Any],
    sdk_algorithm: str | None = None,
    trailer: str | None = None,
    *,
    of_parts: bool = False,
) -> Claimed | None:
    """The checksum among a request's members (`checksum_crc32`, ...), or announced in the x-amz-trailer header.

    `sdk_algorithm` is x-amz-sdk-checksum-algorithm; `of_parts`: the value may be a composite one (`...-N`), as in
    CompleteMultipartUpload. None: the request has no checksum. Raises `InvalidRequest` for two of them, a value that
    is none, a trailer S3 does not know, or an algorithm without a value.
    """
    given = [Claimed(BY_MEMBER[name], value) for name, value in members.items() if value and name in BY_MEMBER]
    given += [Claimed(_of_trailer(name.strip())) for name in (trailer or "").split(",") if name.strip()]
    if len(given) > 1:
        raise errors.InvalidRequest(
            message="Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    if not given:
        if sdk_algorithm:
            raise errors.InvalidRequest(
                message="x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                "x-amz-trailer headers were found."
            )
        return None
    found = given[0]
    if found.value is not None:
        check_value(found.algorithm, _COUNT.sub("", found.value) if of_parts else found.value)
    if sdk_algorithm and algorithm(sdk_algorithm) is not found.algorithm:
        raise errors.InvalidRequest(message="Value for x-amz-sdk-checksum-algorithm header is invalid.")
    return found


def _of_trailer(name: str) -> Algorithm:
    found = BY_HEADER.get(name.lower())
    if found is None:
        raise errors.InvalidRequest(message="The value specified in the x-amz-trailer header is not supported")
    return found


def check_value(used: Algorithm, value: str) -> None:
    """Raises `InvalidRequest` for a value that is not the base64 of a sum of this length."""
    if used.raw(value) is None:
        raise errors.InvalidRequest(message=f"Value for {used.header} header is invalid.")


def check_match(used: Algorithm, expected: str, computed: str) -> None:
    """Raises `BadDigest` where the data are not those that the client summed up.

    Of a composite checksum the client may leave out the number of parts.
    """
    if expected != computed and expected != _COUNT.sub("", computed):
        raise errors.BadDigest(message=f"The {used.name} you specified did not match the calculated checksum.")


def content_md5(header: str) -> bytes:
    """The digest in a Content-MD5 header. Raises `InvalidDigest`."""
    digest = ALGORITHMS["MD5"].raw(header)
    if digest is None:
        raise errors.InvalidDigest(content_md5=header)
    return digest


def check_content_md5(header: str, computed: bytes) -> None:
    """Raises `BadDigest` where the body is not the one that Content-MD5 was made of."""
    wanted = content_md5(header)
    if wanted != computed:
        raise errors.BadDigest(
            message="The Content-MD5 you specified did not match what we received.",
            expected_digest=wanted.hex(),
            calculated_digest=base64.b64encode(computed).decode("ascii"),
        )


# -- multipart uploads


def upload_type(used: Algorithm | None, wanted: str | None) -> str | None:
    """The checksum type of a new multipart upload. Raises `InvalidRequest` for one that the algorithm cannot have."""
    if used is None:
        if wanted:
            raise errors.InvalidRequest(
                message="The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return None
    if wanted is None:
        return used.types[0]
    if wanted not in (FULL_OBJECT, COMPOSITE):
        raise errors.InvalidRequest(message="Value for x-amz-checksum-type header is invalid.")
    if wanted not in used.types:
        raise errors.InvalidRequest(
            message=f"The {wanted} checksum type cannot be used with the {used.name.lower()} checksum algorithm."
        )
    return wanted


def check_part(upload: Algorithm | None, given: Algorithm | None) -> None:
    """Raises `InvalidRequest` for a part summed up in another way than its upload said."""
    if upload is not None and given is not None and upload is not given:
        raise errors.InvalidRequest(
            message=f"Checksum Type mismatch occurred, expected checksum Type: {upload.name.lower()}, "
            f"actual checksum Type: {given.name.lower()}"
        )


def check_completion_type(created: str | None, wanted: str | None) -> None:
    """Raises `InvalidRequest` where CompleteMultipartUpload names another checksum type than the upload's."""
    if wanted and created and wanted != created:
        raise errors.InvalidRequest(
            message=f"The upload was created using the {created} checksum mode. "
            "The complete request must use the same checksum mode."
        )


def part_missing(used: Algorithm, number: int) -> errors.InvalidRequest:
    """The error of a composite upload whose completion names a part without its checksum."""
    return errors.InvalidRequest(
        message=f"The upload was created using a {used.name.lower()} checksum. The complete request must include the "
        f"checksum for each part. It was missing for part {number} in the request."
    )


def composite(used: Algorithm, parts: Sequence[str]) -> str:
    """The checksum of checksums, `<base64>-<number of parts>`, from the parts' values in order."""
    running = used.start()
    for value in parts:
        running.update(base64.b64decode(value))
    return f"{encoded(running)}-{len(parts)}"


def full_object(used: Algorithm, parts: Iterable[tuple[str, int]]) -> str:
    """The checksum of the whole object from (value, size in bytes) of its parts, without reading them again.

    Only CRCs can be put together so. Raises `ValueError` for another algorithm.
    """
    if used.crc is None:
        raise ValueError(used.name)
    whole = 0
    for value, size in parts:
        part = int.from_bytes(base64.b64decode(value))
        whole = used.crc.combine(whole, part, size) if size else whole
    return base64.b64encode(whole.to_bytes(used.size)).decode("ascii")


def check_object_size(expected: int | None, computed: int) -> None:
    """Raises `InvalidRequest` where x-amz-mp-object-size is not the sum of the parts (CompleteMultipartUpload)."""
    if expected is not None and expected != computed:
        raise errors.InvalidRequest(
            message=f"The provided 'x-amz-mp-object-size' header value {expected} does not match what was computed: "
            f"{computed}"
        )
