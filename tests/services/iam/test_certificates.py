"""Server certificates, signing certificates and SSH public keys."""

import hashlib

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from groundcloud.sealing import NotOurs
from groundcloud.services.iam.provider_records import ServerCertificateKey
from groundcloud.services.iam.server_certificates import KEY_PURPOSE
from tests.cloud import TestCloud
from tests.services.sts.providers import certificate, pem, rsa_key


def private(name: str) -> str:
    return rsa_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def upload(iam, name: str = "web", **options):
    given = {"CertificateBody": pem("web").decode(), "PrivateKey": private("web"), **options}
    return iam.upload_server_certificate(ServerCertificateName=name, **given)


def test_a_server_certificate_is_found_without_its_key(iam, cloud: TestCloud):
    made = upload(iam, Path="/cloudfront/", Tags=[{"Key": "a", "Value": "1"}])
    metadata = made["ServerCertificateMetadata"]
    assert metadata["Arn"] == f"arn:aws:iam::{cloud.account}:server-certificate/cloudfront/web"
    assert metadata["ServerCertificateId"].startswith("ASCA")
    assert metadata["Expiration"] == certificate("web").not_valid_after_utc
    found = iam.get_server_certificate(ServerCertificateName="web")["ServerCertificate"]
    assert found["CertificateBody"] == pem("web").decode()
    assert found["Tags"] == [{"Key": "a", "Value": "1"}]
    assert iam.list_server_certificates(PathPrefix="/cloudfront/")["ServerCertificateMetadataList"] == [metadata]
    assert iam.list_server_certificates(PathPrefix="/other/")["ServerCertificateMetadataList"] == []
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        upload(iam, "WEB")


def test_the_private_key_is_kept_sealed(iam, cloud: TestCloud):
    identifier = upload(iam)["ServerCertificateMetadata"]["ServerCertificateId"]
    with cloud.store.snapshot() as tx:
        kept = tx.get(ServerCertificateKey, cloud.account, identifier)
    assert b"PRIVATE KEY" not in kept.sealed
    assert cloud.cloud.world.sealer.open(kept.sealed, KEY_PURPOSE).decode() == private("web")
    with pytest.raises(NotOurs):
        cloud.cloud.world.sealer.open(kept.sealed, "access key")


def test_a_certificate_and_its_key_must_fit(iam):
    with pytest.raises(ClientError, match="KeyPairMismatch"):
        upload(iam, PrivateKey=private("other"))
    for wrong in ({"CertificateBody": "no certificate"}, {"PrivateKey": "no key"}):
        with pytest.raises(ClientError, match="MalformedCertificate"):
            upload(iam, **wrong)


def test_a_chain_must_lead_from_the_certificate(iam):
    with pytest.raises(ClientError, match="Unable to validate certificate chain"):
        upload(iam, CertificateChain=pem("other").decode())
    assert upload(iam, CertificateChain=pem("web").decode())


def test_a_server_certificate_is_renamed_tagged_and_deleted(iam):
    upload(iam)
    iam.update_server_certificate(ServerCertificateName="web", NewServerCertificateName="shop", NewPath="/x/")
    iam.tag_server_certificate(ServerCertificateName="shop", Tags=[{"Key": "a", "Value": "1"}])
    iam.untag_server_certificate(ServerCertificateName="shop", TagKeys=["a"])
    assert iam.list_server_certificate_tags(ServerCertificateName="shop")["Tags"] == []
    found = iam.get_server_certificate(ServerCertificateName="shop")["ServerCertificate"]
    assert found["ServerCertificateMetadata"]["Arn"].endswith("server-certificate/x/shop")
    iam.delete_server_certificate(ServerCertificateName="shop")
    for name in ("web", "shop"):
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            iam.get_server_certificate(ServerCertificateName=name)


def test_a_user_has_two_signing_certificates_at_most(iam):
    """IAM guide, "IAM and AWS STS quotas"."""
    iam.create_user(UserName="alice")
    one = iam.upload_signing_certificate(UserName="alice", CertificateBody=pem("one").decode())["Certificate"]
    assert one["Status"] == "Active"
    with pytest.raises(ClientError, match="DuplicateCertificate"):
        iam.upload_signing_certificate(UserName="alice", CertificateBody=pem("one").decode())
    iam.upload_signing_certificate(UserName="alice", CertificateBody=pem("two").decode())
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.upload_signing_certificate(UserName="alice", CertificateBody=pem("three").decode())
    iam.update_signing_certificate(UserName="alice", CertificateId=one["CertificateId"], Status="Inactive")
    found = iam.list_signing_certificates(UserName="alice")["Certificates"]
    assert {each["Status"] for each in found} == {"Active", "Inactive"}
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_user(UserName="alice")
    for each in found:
        iam.delete_signing_certificate(UserName="alice", CertificateId=each["CertificateId"])
    iam.delete_user(UserName="alice")


def ssh_line(name: str) -> str:
    return rsa_key(name).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def test_an_ssh_key_is_shown_in_either_form(iam):
    iam.create_user(UserName="alice")
    made = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=f"{ssh_line('one')} alice@home")["SSHPublicKey"]
    assert made["SSHPublicKeyId"].startswith("APKA")
    assert len(made["Fingerprint"]) == 47
    key = {"UserName": "alice", "SSHPublicKeyId": made["SSHPublicKeyId"]}
    assert iam.get_ssh_public_key(**key, Encoding="SSH")["SSHPublicKey"]["SSHPublicKeyBody"] == ssh_line("one")
    body = iam.get_ssh_public_key(**key, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    assert body == rsa_key("one").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ClientError, match="DuplicateSSHPublicKey"):
        iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=body)
    iam.update_ssh_public_key(**key, Status="Inactive")
    listed = iam.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"]
    assert [(each["Status"], "SSHPublicKeyBody" in each) for each in listed] == [("Inactive", False)]
    iam.delete_ssh_public_key(**key)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.delete_ssh_public_key(**key)


def test_the_fingerprint_is_the_md5_of_the_key(iam):
    """RFC 4716, section 4."""
    import base64

    iam.create_user(UserName="alice")
    made = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh_line("one"))["SSHPublicKey"]
    digest = hashlib.md5(base64.b64decode(ssh_line("one").split()[1])).hexdigest()
    assert made["Fingerprint"].replace(":", "") == digest


def test_only_strong_rsa_keys_are_ssh_keys(iam):
    iam.create_user(UserName="alice")
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    weak = rsa.generate_private_key(65537, 1024).public_key()
    for key in (elliptic, weak):
        body = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        with pytest.raises(ClientError, match="InvalidPublicKey"):
            iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=body)
    with pytest.raises(ClientError, match="InvalidPublicKey"):
        iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody="ssh-rsa nothing")


def test_what_belongs_to_a_user_goes_along_when_it_is_renamed(iam):
    iam.create_user(UserName="alice")
    iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh_line("one"))
    iam.update_user(UserName="alice", NewUserName="bob")
    assert len(iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]) == 1
