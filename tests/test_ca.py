import contextlib
import ssl
import time

import pytest
from cryptography import x509

from groundcloud.ca import server_context, server_names

DAY = 86400
NAMES = server_names("eu-west-1")


def certificate(folder, name="server.crt"):
    return x509.load_pem_x509_certificate((folder / name).read_bytes())


def test_the_certificate_is_for_the_names_that_tools_call(tmp_path):
    server_context(tmp_path, NAMES)
    names = certificate(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = names.get_values_for_type(x509.DNSName)
    assert {"localhost", "*.amazonaws.com", "*.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com"} <= set(dns)
    assert "*.localhost.localstack.cloud" in dns
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_private_keys_are_their_owners_alone(tmp_path):
    server_context(tmp_path, NAMES)
    for name in ("ca.key", "server.key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_second_start_changes_nothing(tmp_path):
    server_context(tmp_path, NAMES)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    server_context(tmp_path, NAMES)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_certificate_near_its_end_is_renewed_by_the_same_authority(tmp_path):
    server_context(tmp_path, NAMES)
    first, authority = certificate(tmp_path), (tmp_path / "ca.crt").read_bytes()
    server_context(tmp_path, NAMES, time.time() + 380 * DAY)
    assert certificate(tmp_path).not_valid_after_utc > first.not_valid_after_utc
    assert (tmp_path / "ca.crt").read_bytes() == authority


def test_an_authority_near_its_end_is_made_anew_with_the_certificate(tmp_path):
    server_context(tmp_path, NAMES)
    first, authority = certificate(tmp_path), certificate(tmp_path, "ca.crt")
    server_context(tmp_path, NAMES, time.time() + 3640 * DAY)
    renewed = certificate(tmp_path, "ca.crt")
    assert renewed.not_valid_after_utc > authority.not_valid_after_utc
    assert certificate(tmp_path).not_valid_after_utc > first.not_valid_after_utc
    certificate(tmp_path).verify_directly_issued_by(renewed)


def test_other_names_need_another_certificate(tmp_path):
    server_context(tmp_path, NAMES)
    server_context(tmp_path, [*NAMES, "cloud.example.com"])
    names = certificate(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "cloud.example.com" in names.get_values_for_type(x509.DNSName)


def test_a_half_made_folder_is_made_whole(tmp_path):
    server_context(tmp_path, NAMES)
    (tmp_path / "server.key").unlink()
    assert isinstance(server_context(tmp_path, NAMES), ssl.SSLContext)


def shaken(context, folder, name):
    """A client that trusts the authority and has shaken hands with a server of this context, under a name."""
    trust = ssl.create_default_context(cafile=folder / "ca.crt")
    incoming, outgoing = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
    client = trust.wrap_bio(*incoming, server_hostname=name)
    server = context.wrap_bio(*outgoing, server_side=True)
    for _ in range(4):
        for side, mine, theirs in ((client, incoming, outgoing), (server, outgoing, incoming)):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            theirs[0].write(mine[1].read())
    return client


def test_names_of_other_regions_get_certificates_when_they_are_asked_for(tmp_path):
    context = server_context(tmp_path, NAMES)
    for name in ("s3.ap-northeast-2.amazonaws.com", "photos.s3.us-west-2.amazonaws.com", "sts.amazonaws.com"):
        assert shaken(context, tmp_path, name).getpeercert() is not None


def test_names_that_are_not_aws_get_no_certificate_of_their_own(tmp_path):
    context = server_context(tmp_path, NAMES)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(context, tmp_path, "www.example.com")
    assert not list(tmp_path.glob("names-*"))
