import asyncio

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from groundcloud.engines.oidc import FetchedKeys, Unreachable
from groundcloud.services.iam.oidc_keys import OidcKeyRefresher
from tests.cloud import Keys, TestCloud
from tests.services.sts.conftest import People, allow
from tests.services.sts.providers import OidcIdp, base64url, part


class Fetcher:
    """A provider without a network."""

    def __init__(self, idp: OidcIdp) -> None:
        self.idp = idp
        self.asked: list[str] = []
        self.answer: FetchedKeys | None = FetchedKeys(idp.keys(), [])

    async def fetch(self, url: str, thumbprints: frozenset[str]) -> FetchedKeys:
        self.asked.append(url)
        if self.answer is None:
            raise Unreachable("no answer")
        return self.answer


class Federation:
    """A role that trusts an OpenID Connect provider, and calls of people that it vouches for."""

    def __init__(self, cloud: TestCloud, people: People) -> None:
        self.cloud = cloud
        self.people = people
        self.idp = OidcIdp()
        self.fetcher = Fetcher(self.idp)
        self.refresher = OidcKeyRefresher(
            cloud.store, self.fetcher, cloud.cloud.identities.wanted_oidc_keys, cloud.clock
        )
        made = cloud.client("iam").create_open_id_connect_provider(Url=self.idp.issuer, ClientIDList=["client-1"])
        self.provider = made["OpenIDConnectProviderArn"]
        self.refresh()
        self.role = self.make_role("federated")
        self.sts = cloud.client("sts", config=Config(signature_version=UNSIGNED))

    def refresh(self) -> None:
        asyncio.run(self.refresher.refresh())

    def make_role(self, name: str, *statements, actions=("sts:AssumeRoleWithWebIdentity",), condition=None) -> str:
        trust = {"Effect": "Allow", "Principal": {"Federated": self.provider}, "Action": list(actions)}
        condition = condition or {"StringEquals": {"oidc.example.com/pool:aud": "client-1"}}
        return self.people.role(name, {**trust, "Condition": condition}, *statements)

    def token(self, **options) -> str:
        return self.idp.token(self.cloud.clock(), **options)

    def assume(self, token: str = "", role: str = "", **options):
        return self.sts.assume_role_with_web_identity(
            RoleArn=role or self.role, RoleSessionName="app1", WebIdentityToken=token or self.token(), **options
        )

    def refused(self, code: str, token: str = "", **options) -> str:
        with pytest.raises(ClientError) as refused:
            self.assume(token, **options)
        assert refused.value.response["Error"]["Code"] == code
        return refused.value.response["Error"]["Message"]


@pytest.fixture()
def federation(cloud: TestCloud, people: People) -> Federation:
    return Federation(cloud, people)


@pytest.mark.parametrize("key", ["one", "two"], ids=["RS256", "ES256"])
def test_who_holds_a_token_gets_a_session(federation: Federation, key: str):
    made = federation.assume(federation.token(key=key))
    assert made["SubjectFromWebIdentityToken"] == "alice"
    assert made["Audience"] == "client-1"
    assert made["Provider"] == federation.provider
    arn = f"arn:aws:sts::{federation.cloud.account}:assumed-role/federated/app1"
    assert made["AssumedRoleUser"]["Arn"] == arn
    session = Keys.of(made["Credentials"])
    assert federation.cloud.client("sts", session).get_caller_identity()["Arn"] == arn


def test_the_trust_policy_decides_by_the_claims(federation: Federation):
    """IAM guide, "Available keys for AWS OIDC federation": the issuer's name and the claim."""
    alice = federation.make_role("alice", condition={
        "StringEquals": {"oidc.example.com/pool:sub": "alice"},
        "ForAnyValue:StringEquals": {"oidc.example.com/pool:amr": "authenticated"},
    })  # fmt: skip
    assert federation.assume(federation.token(amr=["authenticated"]), alice)
    for claims in ({"sub": "bob", "amr": ["authenticated"]}, {}):
        message = federation.refused("AccessDenied", federation.token(**claims), role=alice)
        assert message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def test_a_role_that_is_not_there_is_a_denial(federation: Federation):
    federation.refused("AccessDenied", role=f"arn:aws:iam::{federation.cloud.account}:role/nobody")


def test_a_session_keeps_the_provider_and_the_subject(federation: Federation):
    mine = {"StringEquals": {"oidc.example.com/pool:sub": "alice", "aws:FederatedProvider": federation.provider}}
    role = federation.make_role("mine", allow("iam:GetUser", Condition=mine))
    session = Keys.of(federation.assume(role=role)["Credentials"])
    assert federation.cloud.client("iam", session).get_user(UserName="admin")


def test_an_audience_must_be_a_client_of_the_provider(federation: Federation):
    assert federation.refused("InvalidIdentityToken", federation.token(aud="client-2")) == "Incorrect token audience"
    federation.cloud.client("iam").add_client_id_to_open_id_connect_provider(
        OpenIDConnectProviderArn=federation.provider, ClientID="client-2"
    )
    federation.refused("AccessDenied", federation.token(aud="client-2"))
    assert federation.assume(federation.token(aud=["client-9", "client-1"], azp="client-1"))["Audience"] == "client-1"


def test_a_token_that_has_expired_or_is_not_yet_valid_is_refused(federation: Federation):
    now = int(federation.cloud.clock().timestamp())
    assert "Token expired" in federation.refused("ExpiredTokenException", federation.token(exp=now))
    federation.refused("InvalidIdentityToken", federation.token(nbf=now + 600))
    federation.refused("InvalidIdentityToken", federation.token(exp="soon"))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat"])
def test_a_claim_that_is_missing_is_named(federation: Federation, claim: str):
    message = federation.refused("InvalidIdentityToken", federation.token(**{claim: None}))
    assert message == f"Missing a required claim: {claim}"


def test_tokens_that_nobody_signed_are_refused(federation: Federation):
    """RFC 8725, 2.1 and 3.1: no `none`, no HMAC with the public key, no other key's signature."""
    head, body, signature = federation.token().split(".")
    federation.refused("InvalidIdentityToken", f"{part({'alg': 'none', 'kid': 'one'})}.{body}.")
    federation.refused("InvalidIdentityToken", f"{part({'alg': 'HS256', 'kid': 'one'})}.{body}.{base64url(b'x' * 32)}")
    federation.refused(
        "InvalidIdentityToken", f"{head}.{part({'iss': federation.idp.issuer, 'sub': 'root'})}.{signature}"
    )
    federation.refused("InvalidIdentityToken", federation.token(header={"alg": "ES256"}))
    federation.refused("InvalidIdentityToken", federation.token(key="stranger", header={"kid": "one"}))
    for broken in ("abcd", "a.b.c", f"{head}.{body}", f"{head}.{body}.{signature}.x"):
        federation.refused("InvalidIdentityToken", broken)


def test_an_issuer_that_the_account_does_not_trust_is_named(federation: Federation):
    message = federation.refused("InvalidIdentityToken", federation.token(iss="https://other.example.com"))
    assert message == "No OpenIDConnect provider found in your account for https://other.example.com"


def test_an_unknown_key_is_fetched_and_the_next_try_succeeds(federation: Federation):
    """STS API reference, IDPCommunicationError: "often a transient error"; SDKs try again."""
    federation.fetcher.answer = FetchedKeys(federation.idp.keys().replace(b'"one"', b'"three"'), [])
    token = federation.token(header={"kid": "three"})
    federation.refused("IDPCommunicationError", token)
    asked = len(federation.fetcher.asked)
    federation.refresh()
    assert len(federation.fetcher.asked) == asked  # it was asked seconds ago
    federation.refused("IDPCommunicationError", token)
    federation.cloud.clock.advance(seconds=10)
    federation.refresh()
    assert len(federation.fetcher.asked) == asked + 1
    assert federation.assume(federation.token(header={"kid": "three"}))


def test_a_provider_that_does_not_answer_keeps_the_keys_that_are_known(federation: Federation):
    federation.fetcher.answer = None
    federation.cloud.cloud.identities.want_oidc_keys("oidc.example.com/pool")
    federation.cloud.clock.advance(seconds=10)
    federation.refresh()
    assert federation.refresher.errors == {"oidc.example.com/pool": "no answer"}
    assert federation.assume()


def test_keys_of_a_server_that_no_authority_vouches_for_need_a_pinned_certificate(federation: Federation):
    """IAM guide, "Obtain the thumbprint for an OpenID Connect identity provider"."""
    iam = federation.cloud.client("iam")
    federation.fetcher.answer = FetchedKeys(federation.idp.keys(), [["a" * 40, "b" * 40]])
    federation.cloud.clock.advance(seconds=10)
    federation.cloud.cloud.identities.want_oidc_keys("oidc.example.com/pool")
    federation.refresh()
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=federation.provider)
    assert found["ThumbprintList"] == ["b" * 40]
    assert federation.assume()
    iam.update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=federation.provider, ThumbprintList=["c" * 40]
    )
    federation.refused("IDPCommunicationError")


def test_google_needs_no_provider_in_the_account(federation: Federation):
    """IAM guide, "OIDC federation": trust policies name accounts.google.com itself."""
    google = OidcIdp("https://accounts.google.com")
    federation.fetcher.answer = FetchedKeys(google.keys(), [])
    trust = {
        "Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"accounts.google.com:aud": "app", "accounts.google.com:oaud": "web"}},
    }  # fmt: skip
    role = federation.people.role("google", trust)
    token = google.token(federation.cloud.clock(), aud="web", azp="app")
    federation.refused("IDPCommunicationError", token, role=role)
    federation.refresh()
    assert federation.assume(token, role)["Provider"] == "accounts.google.com"
    federation.refused("AccessDenied", google.token(federation.cloud.clock(), aud="web", azp="other"), role=role)


def test_tags_and_a_source_identity_come_from_the_token(federation: Federation):
    """IAM guide, "Pass session tags using AssumeRoleWithWebIdentity"."""
    claims = {
        "https://aws.amazon.com/tags": {"principal_tags": {"Project": ["moon"]}, "transitive_tag_keys": ["Project"]},
        "https://aws.amazon.com/source_identity": "alice",
    }
    assert federation.refused("AccessDenied", federation.token(**claims)) == "Not authorized to perform sts:TagSession"
    mine = {"StringEquals": {"aws:PrincipalTag/project": "moon", "aws:SourceIdentity": "alice"}}
    role = federation.make_role(
        "tagged", allow("iam:GetUser", Condition=mine),
        actions=("sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"),
    )  # fmt: skip
    made = federation.assume(federation.token(**claims), role)
    assert made["SourceIdentity"] == "alice"
    assert federation.cloud.client("iam", Keys.of(made["Credentials"])).get_user(UserName="admin")
    broken = {"https://aws.amazon.com/tags": {"principal_tags": {"Project": "moon"}}}
    federation.refused("IDPRejectedClaim", federation.token(**broken), role=role)


def test_a_session_lasts_no_longer_than_the_role_allows(federation: Federation):
    federation.refused("ValidationError", DurationSeconds=3601)
