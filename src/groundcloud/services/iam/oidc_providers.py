"""OpenID Connect identity providers: the issuers whose tokens an account takes, and for which clients."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import errors as entity_errors
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.common import to_make
from groundcloud.services.iam.provider_common import check_quota, described, name_in, tags_set, without_tags
from groundcloud.services.iam.provider_records import OidcProvider
from groundcloud.services.iam.records import Tag

MOST_PROVIDERS = 100
MOST_CLIENTS = 100
MOST_THUMBPRINTS = 5


def _new_provider(ctx: Context, url: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"oidc-provider/{url.removeprefix('https://')}"), tags, "iam:TagOpenIDConnectProvider")


def _provider(ctx: Context, open_id_connect_provider_arn: str) -> Resource:
    found = ctx.get(OidcProvider, name_in(ctx, open_id_connect_provider_arn, "oidc-provider"))
    return described(found, open_id_connect_provider_arn)


def _found(ctx: Context, arn: str) -> OidcProvider:
    found = ctx.get(OidcProvider, name_in(ctx, arn, "oidc-provider"))
    if found is None:
        raise errors.NoSuchProvider(kind="OpenIDConnect", arn=arn)
    return found


def _issuer(url: str) -> str:
    """The URL without its scheme. Raises `ValidationError` for what no issuer can be called."""
    parts = urlsplit(url)
    plain = parts.scheme == "https" and parts.hostname and not (parts.query or parts.fragment or "@" in parts.netloc)
    if not plain:
        raise entity_errors.ValidationError(reason="Invalid Open ID Connect Provider URL")
    return url.removeprefix("https://")


@operation(on=_new_provider)
def create_open_id_connect_provider(
    ctx: Context,
    url: str,
    client_id_list: Sequence[str] = (),
    thumbprint_list: Sequence[str] = (),
    tags: Sequence[Tag] = (),
) -> object:
    issuer = _issuer(url)
    if ctx.get(OidcProvider, issuer) is not None:
        raise errors.AlreadyExists(reason=f"Provider with url {url} already exists.")
    check_quota(len(list(ctx.scan(OidcProvider))), MOST_PROVIDERS, "OpenIdConnectProvidersPerAccount")
    provider = OidcProvider(
        account=ctx.account,
        issuer=issuer,
        arn=ctx.arn(f"oidc-provider/{issuer}"),
        url=issuer,
        create_date=ctx.now(),
        client_id_list=_clients(client_id_list),
        thumbprint_list=_thumbprints(thumbprint_list),
        tags=tags_set((), tags),
    )
    ctx.put(provider)
    ctx.world.identities.want_oidc_keys(issuer)
    return {"open_id_connect_provider_arn": provider.arn, "tags": provider.tags or None}


def _clients(names: Sequence[str]) -> list[str]:
    if len(names) > MOST_CLIENTS:
        raise errors.LimitExceeded(reason=f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENTS}")
    return list(dict.fromkeys(names))


def _thumbprints(thumbprints: Sequence[str]) -> list[str]:
    if len(thumbprints) > MOST_THUMBPRINTS:
        raise errors.InvalidInput(reason=f"Thumbprint list must contain fewer than {MOST_THUMBPRINTS} entries.")
    if any(len(each) != 40 or not set(each.lower()) <= set("0123456789abcdef") for each in thumbprints):
        raise errors.InvalidInput(reason="Thumbprint must be a hex-encoded SHA-1 hash value.")
    return [each.lower() for each in thumbprints]


@operation(on=_provider, read=True)
def get_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str) -> object:
    found = _found(ctx, open_id_connect_provider_arn)
    members = ("url", "client_id_list", "thumbprint_list", "create_date")
    return {**{name: getattr(found, name) for name in members}, "tags": found.tags or None}


@operation(on="*", read=True)
def list_open_id_connect_providers(ctx: Context) -> object:
    return {"open_id_connect_provider_list": [{"arn": each.arn} for each in ctx.scan(OidcProvider)]}


@operation(on=_provider)
def delete_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str) -> None:
    ctx.delete(_found(ctx, open_id_connect_provider_arn))


@operation(on=_provider)
def add_client_id_to_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str, client_id: str) -> None:
    """Idempotent, as AWS documents."""
    provider = _found(ctx, open_id_connect_provider_arn)
    provider.client_id_list = _clients([*provider.client_id_list, client_id])
    ctx.put(provider)


@operation(on=_provider)
def remove_client_id_from_open_id_connect_provider(
    ctx: Context, open_id_connect_provider_arn: str, client_id: str
) -> None:
    """Idempotent, as AWS documents."""
    provider = _found(ctx, open_id_connect_provider_arn)
    provider.client_id_list = [each for each in provider.client_id_list if each != client_id]
    ctx.put(provider)


@operation(on=_provider)
def update_open_id_connect_provider_thumbprint(
    ctx: Context, open_id_connect_provider_arn: str, thumbprint_list: Sequence[str]
) -> None:
    provider = _found(ctx, open_id_connect_provider_arn)
    provider.thumbprint_list = _thumbprints(thumbprint_list)
    ctx.put(provider)
    ctx.world.identities.want_oidc_keys(provider.issuer)


@operation(on=_provider)
def tag_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str, tags: Sequence[Tag]) -> None:
    provider = _found(ctx, open_id_connect_provider_arn)
    provider.tags = tags_set(provider.tags, tags)
    ctx.put(provider)


@operation(on=_provider)
def untag_open_id_connect_provider(ctx: Context, open_id_connect_provider_arn: str, tag_keys: Sequence[str]) -> None:
    provider = _found(ctx, open_id_connect_provider_arn)
    provider.tags = without_tags(provider.tags, tag_keys)
    ctx.put(provider)


@operation(on=_provider, read=True)
def list_open_id_connect_provider_tags(ctx: Context, open_id_connect_provider_arn: str) -> dict[str, Page]:
    return {"tags": page_of(_found(ctx, open_id_connect_provider_arn).tags, key=lambda tag: tag.key)}
