"""DKIM signatures (RFC 6376) by RSA keys, in the form `relaxed/simple`, and the records that publish the keys. Pure."""

import base64
import re
from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_EOL = re.compile(rb"\r\n|\r|\n")
_SPACE = re.compile(rb"[ \t]+")
_SIGNED = (
    b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"content-transfer-encoding",
)  # fmt: skip
_LINE = 72
SIZES = (1024, 2048)


def new_key(bits: int) -> bytes:
    """A private key, DER (PKCS #8). It takes the processor a while."""
    key = rsa.generate_private_key(65537, bits)
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(text: str) -> bytes:
    """A private key as SES takes it from its owner: base64 of PKCS #1 or PKCS #8 without the PEM lines; DER (PKCS #8).
    Raises `ValueError` for what is no RSA key of 1024 to 2048 bits."""
    key = serialization.load_der_private_key(base64.b64decode("".join(text.split()), validate=True), None)
    if not isinstance(key, rsa.RSAPrivateKey) or not SIZES[0] <= key.key_size <= SIZES[1]:
        raise ValueError("not an RSA key of 1024 to 2048 bits")
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _loaded(private: bytes) -> rsa.RSAPrivateKey:
    key = serialization.load_der_private_key(private, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def public_of(private: bytes) -> str:
    """The public key as a DNS record has it: base64 of its SubjectPublicKeyInfo."""
    public = _loaded(private).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def record_of(public: str) -> str:
    """The TXT record of a public key (section 3.6.1)."""
    return f"p={public}"


def public_in(record: str) -> str:
    """The public key of a TXT record, or nothing."""
    tags = dict(part.strip().split("=", 1) for part in record.split(";") if "=" in part)
    return re.sub(r"\s", "", tags.get("p", ""))


def signed(message: bytes, domain: str, selector: str, private: bytes, at: int) -> bytes:
    """A message (RFC 5322) with its signature before all other headers, its lines ended by CRLF."""
    message = _EOL.sub(b"\r\n", message)
    head, _, body = message.partition(b"\r\n\r\n")
    fields = [(name, field) for name, field in _fields(head) if name in _SIGNED]
    tags = {
        "v": "1", "a": "rsa-sha256", "q": "dns/txt", "c": "relaxed/simple", "s": selector, "d": domain, "t": str(at),
        "h": ":".join(name.decode() for name, _ in fields), "bh": _digest(_body(body)), "b": "",
    }  # fmt: skip
    text = "; ".join(f"{name}={value}" for name, value in tags.items())
    to_sign = b"".join(_relaxed(field) + b"\r\n" for _, field in fields)
    to_sign += _relaxed(b"DKIM-Signature: " + text.encode())
    made = base64.b64encode(_loaded(private).sign(to_sign, padding.PKCS1v15(), hashes.SHA256())).decode()
    return _folded(tags, made).encode() + b"\r\n" + message


def _folded(tags: dict[str, str], signature: str) -> str:
    """The header, folded where relaxed form does not see it: after the semicolons, and within the signature."""
    lines = "\r\n\t".join(f"{name}={value};" for name, value in tags.items() if name != "b")
    pieces = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
    return f"DKIM-Signature: {lines}\r\n\tb=" + "\r\n\t".join(pieces)


def _fields(head: bytes) -> Iterable[tuple[bytes, bytes]]:
    """The headers from the last to the first, as a verifier takes those of one name (section 5.4.2)."""
    found: list[bytes] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1] += b"\r\n" + line
        else:
            found.append(line)
    for field in reversed(found):
        yield field.partition(b":")[0].strip().lower(), field


def _relaxed(field: bytes) -> bytes:
    """Section 3.4.2."""
    name, _, value = field.partition(b":")
    return name.strip().lower() + b":" + _SPACE.sub(b" ", value.replace(b"\r\n", b"")).strip()


def _body(body: bytes) -> bytes:
    """Section 3.4.3: all empty lines at the end are one line's end."""
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def _digest(data: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return base64.b64encode(digest.finalize()).decode()
