"""Signatures that others verify. Sources: RFC 6376; "Authenticating Email with DKIM in Amazon SES"."""

import base64

import dkim as dkimpy
import dns.message
import dns.rdatatype
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from groundcloud.controllers import Loop
from groundcloud.engines.mail.mailbox import LocalMailbox
from groundcloud.services.ses import dkim

MESSAGE = b"From: ann@example.com\nTo: bob@example.org\nSubject: a\n  folded   one\nX-Other: b\n\nhello\n\n\n"


@pytest.fixture()
def names(cloud):
    """Lets the controllers of names work."""

    def seconds():
        return cloud.clock().timestamp()

    loop = Loop(cloud.store, cloud.loops.name_controllers(), now=cloud.clock, monotonic=seconds)

    def work():
        loop.settle()
        cloud.clock.advance(seconds=10)
        loop.settle()

    return work


@pytest.fixture()
def text_of(cloud):
    """TXT records as a verifier asks for them, of this cloud's DNS server: by TCP, for a key may be long."""

    def ask(name, timeout=5):
        query = dns.message.make_query(name.decode(), "TXT").to_wire()
        answer = dns.message.from_wire(cloud.cloud.dns.answering.answer(query, tcp=True)).answer
        found = [item for rrset in answer for item in rrset if item.rdtype == dns.rdatatype.TXT]
        return b"".join(found[0].strings) if found else None

    return ask


@pytest.fixture()
def change(cloud):
    """Puts records into the zone example.com."""
    route53 = cloud.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]

    def work(*sets):
        changes = [
            {"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": type_, "TTL": 60,
             "ResourceRecords": [{"Value": value}]}} for name, type_, value in sets
        ]  # fmt: skip
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

    return work


def sent(cloud, mailbox: LocalMailbox) -> bytes:
    cloud.deliver()
    [path] = list(mailbox._box._folder.glob("*.eml"))
    return path.read_bytes().partition(b"\n")[2]


def send(ses2):
    content = {"Simple": {"Subject": {"Data": "größe"}, "Body": {"Text": {"Data": "hello\n\n.\nbye\n\n"}}}}
    ses2.send_email(
        FromEmailAddress="Ann <ann@example.com>",
        Destination={"ToAddresses": ["bob@example.org"]},
        Content=content,
    )


def test_mail_of_a_domain_is_signed_and_verifies_against_the_dns(cloud, ses2, names, change, text_of, mailbox):
    tokens = ses2.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    change(*[(f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.amazonses.com") for token in tokens])
    names()
    attributes = ses2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert (attributes["Status"], attributes["CurrentSigningKeyLength"]) == ("SUCCESS", "RSA_2048_BIT")
    send(ses2)
    message = sent(cloud, mailbox)
    assert message.startswith(b"DKIM-Signature: v=1;")
    assert f"s={tokens[0]};".encode() in message
    assert dkimpy.verify(message, dnsfunc=text_of)
    assert not dkimpy.verify(message.replace(b"bye", b"bye!"), dnsfunc=text_of)
    assert not dkimpy.verify(message.replace(b"bob@", b"eve@"), dnsfunc=text_of)


def test_all_tokens_lead_to_the_key(ses2, names, change, text_of):
    tokens = ses2.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    names()
    keys = {text_of(f"{token}.dkim.amazonses.com".encode()) for token in tokens}
    assert len(keys) == 1
    assert keys.pop().startswith(b"p=MIIBIjANBg")
    ses2.delete_email_identity(EmailIdentity="example.com")
    names()
    assert text_of(f"{tokens[0]}.dkim.amazonses.com".encode()) is None


def test_signing_may_be_turned_off(cloud, ses, ses2, names, change, mailbox):
    tokens = ses2.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    change(*[(f"{token}._domainkey.example.com", "CNAME", f"{token}.dkim.amazonses.com") for token in tokens])
    names()
    ses2.put_email_identity_dkim_attributes(EmailIdentity="example.com", SigningEnabled=False)
    assert not ses.get_identity_dkim_attributes(Identities=["example.com"])["DkimAttributes"]["example.com"][
        "DkimEnabled"
    ]
    send(ses2)
    assert b"DKIM-Signature" not in sent(cloud, mailbox)
    ses.set_identity_dkim_enabled(Identity="example.com", DkimEnabled=True)
    assert ses2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["SigningEnabled"]


def test_an_owner_brings_a_key(cloud, ses2, names, change, text_of, mailbox):
    key = rsa.generate_private_key(65537, 1024)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    given = {"DomainSigningSelector": "mine", "DomainSigningPrivateKey": base64.b64encode(der).decode()}
    made = ses2.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=given)["DkimAttributes"]
    assert (made["Tokens"], made["SigningAttributesOrigin"], made["Status"]) == (["mine"], "EXTERNAL", "PENDING")
    public = dkim.public_of(dkim.read_key(given["DomainSigningPrivateKey"]))
    change(("mine._domainkey.example.com", "TXT", f'"v=DKIM1; k=rsa; p={public}"'))
    names()
    assert ses2.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Status"] == "SUCCESS"
    send(ses2)
    assert dkimpy.verify(sent(cloud, mailbox), dnsfunc=text_of)
    assert der not in (cloud.log.getvalue() + b"".join(str(each).encode() for each in cloud.calls()))


def test_what_is_no_key_is_refused(ses2):
    for selector, text in (("mine", "nokey"), ("mine", base64.b64encode(b"no key").decode()), ("", "aaaa")):
        given = {"DomainSigningPrivateKey": text} | ({"DomainSigningSelector": selector} if selector else {})
        with pytest.raises(ses2.exceptions.BadRequestException):
            ses2.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=given)


def test_a_shorter_key_has_tokens_of_its_own(ses2, names):
    before = ses2.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    after = ses2.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com",
        SigningAttributesOrigin="AWS_SES",
        SigningAttributes={"NextSigningKeyLength": "RSA_1024_BIT"},
    )
    assert set(after["DkimTokens"]).isdisjoint(before)
    assert after["DkimStatus"] == "PENDING"


@pytest.mark.parametrize(
    "message",
    [MESSAGE, b"From: a@example.com\r\n\r\n", b"From: a@example.com\r\nTo: b\r\nTo: c\r\n\r\n \t a\r\nb \r\n"],
)
def test_whatever_the_message_the_signature_holds(message):
    private = dkim.new_key(1024)
    made = dkim.signed(message, "example.com", "s", private, 1_700_000_000)
    record = dkim.record_of(dkim.public_of(private)).encode()
    assert dkimpy.verify(made, dnsfunc=lambda name, timeout=5: record)
    assert all(len(line) <= 998 for line in made.split(b"\r\n"))
