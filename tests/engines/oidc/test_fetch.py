"""The fetcher against a small real server with TLS and an authority of its own."""

import hashlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from groundcloud.engines.oidc import Unreachable
from groundcloud.engines.oidc.fetch import fetch

KEYS = b'{"keys": []}'


class Server(http.server.ThreadingHTTPServer):
    """Shakes hands in each connection's own thread: whoever hangs up holds nobody else up."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


class Issuer:
    """An issuer on this machine whose certificate an authority has signed."""

    def __init__(self, folder: Path) -> None:
        authority_key, authority = certify("authority", None, None)
        key, certificate = certify("localhost", authority_key, authority)
        self.authority, self.certificate = thumbprint(authority), thumbprint(certificate)
        self.stranger = thumbprint(certify("stranger", None, None)[1])
        chain = folder / "chain.pem"
        chain.write_bytes(
            b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (certificate, authority))
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.server = Server(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}/pool"
        self.answers = {
            "/pool/.well-known/openid-configuration": json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}),
            "/pool/keys": KEYS.decode(),
        }

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = issuer.answers.get(self.path)
                self.send_response(200 if answer is not None else 404)
                self.end_headers()
                self.wfile.write((answer or "").encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def certify(name: str, issuer_key, issuer):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())


def thumbprint(certificate: x509.Certificate) -> str:
    return hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest.fixture()
def issuer(tmp_path: Path) -> Iterator[Issuer]:
    made = Issuer(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_an_authority_that_is_pinned_vouches_for_the_server(issuer: Issuer):
    assert fetch(issuer.url, frozenset({issuer.authority})) == (KEYS, [[issuer.authority]] * 2)


def test_the_servers_own_certificate_may_be_pinned(issuer: Issuer):
    assert fetch(issuer.url, frozenset({issuer.certificate})).anchors == [[issuer.certificate]] * 2


def test_where_nothing_is_pinned_the_topmost_certificate_is_found(issuer: Issuer):
    assert fetch(issuer.url, frozenset()).anchors == [[issuer.authority]] * 2


def test_a_pinned_certificate_that_the_server_does_not_have_vouches_for_nothing(issuer: Issuer):
    with pytest.raises(Unreachable, match="vouches"):
        fetch(issuer.url, frozenset({issuer.stranger}))


def test_a_server_under_another_name_is_not_believed(issuer: Issuer):
    with pytest.raises(Unreachable):
        fetch(issuer.url.replace("localhost", "127.0.0.1"), frozenset({issuer.authority}))


def test_a_discovery_document_of_another_issuer_is_refused(issuer: Issuer):
    """OpenID Connect Discovery 1.0, 4.3."""
    issuer.answers["/pool/.well-known/openid-configuration"] = json.dumps({"issuer": "https://other.example.com"})
    with pytest.raises(Unreachable, match="another issuer"):
        fetch(issuer.url, frozenset())


@pytest.mark.parametrize("answer", ["[]", "not json"])
def test_what_is_no_key_set_is_refused(issuer: Issuer, answer: str):
    issuer.answers["/pool/keys"] = answer
    with pytest.raises(Unreachable):
        fetch(issuer.url, frozenset())


def test_a_provider_that_is_not_there_is_unreachable():
    with pytest.raises(Unreachable):
        fetch("https://localhost:1/pool", frozenset())
