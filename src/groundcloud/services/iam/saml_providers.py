"""SAML identity providers: the metadata that says who may vouch for people."""

from collections.abc import Sequence
from datetime import timedelta

from groundcloud.assertions import Rejected
from groundcloud.assertions.saml_metadata import SamlMetadata, read_metadata
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.common import new_unique_id, to_make
from groundcloud.services.iam.provider_common import check_quota, described, name_in, tags_set, without_tags
from groundcloud.services.iam.provider_records import SamlProvider
from groundcloud.services.iam.records import Tag

MOST_PROVIDERS = 100
_A_CENTURY = timedelta(days=36525)
"""What ValidUntil shows for metadata that say no end."""


def _provider(ctx: Context, saml_provider_arn: str) -> Resource:
    return described(ctx.get(SamlProvider, name_in(ctx, saml_provider_arn, "saml-provider")), saml_provider_arn)


def _found(ctx: Context, arn: str) -> SamlProvider:
    found = ctx.get(SamlProvider, name_in(ctx, arn, "saml-provider"))
    if found is None:
        raise errors.NoSuchProvider(kind="SAML", arn=arn)
    return found


def _read(document: str) -> SamlMetadata:
    try:
        return read_metadata(document)
    except Rejected as error:
        raise errors.InvalidInput(reason=f"Could not parse metadata: {error}") from error


def _new_provider(ctx: Context, name: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"saml-provider/{name}"), tags, "iam:TagSAMLProvider")


@operation(on=_new_provider)
def create_saml_provider(ctx: Context, saml_metadata_document: str, name: str, tags: Sequence[Tag] = ()) -> object:
    if ctx.get(SamlProvider, name) is not None:
        raise errors.AlreadyExists(reason=f"Provider with name {name} already exists.")
    check_quota(len(list(ctx.scan(SamlProvider))), MOST_PROVIDERS, "SAMLProvidersPerAccount")
    metadata = _read(saml_metadata_document)
    provider = SamlProvider(
        account=ctx.account,
        name=name,
        arn=ctx.arn(f"saml-provider/{name}"),
        create_date=ctx.now(),
        saml_metadata_document=saml_metadata_document,
        issuer=metadata.entity_id,
        certificates=metadata.certificates,
        valid_until=metadata.valid_until or ctx.now() + _A_CENTURY,
        saml_provider_uuid=new_unique_id(ctx, "ASPP"),
        tags=tags_set((), tags),
    )
    ctx.put(provider)
    return {"saml_provider_arn": provider.arn, "tags": provider.tags or None}


@operation(on=_provider)
def update_saml_provider(ctx: Context, saml_provider_arn: str, saml_metadata_document: str = "") -> object:
    provider = _found(ctx, saml_provider_arn)
    if saml_metadata_document:
        metadata = _read(saml_metadata_document)
        provider.saml_metadata_document = saml_metadata_document
        provider.issuer = metadata.entity_id
        provider.certificates = metadata.certificates
        provider.valid_until = metadata.valid_until or ctx.now() + _A_CENTURY
        ctx.put(provider)
    return {"saml_provider_arn": provider.arn}


@operation(on=_provider, read=True)
def get_saml_provider(ctx: Context, saml_provider_arn: str) -> object:
    found = _found(ctx, saml_provider_arn)
    members = ("saml_provider_uuid", "saml_metadata_document", "create_date", "valid_until")
    return {**{name: getattr(found, name) for name in members}, "tags": found.tags or None}


@operation(on="*", read=True)
def list_saml_providers(ctx: Context) -> object:
    members = ("arn", "valid_until", "create_date")
    return {"saml_provider_list": [{name: getattr(each, name) for name in members} for each in ctx.scan(SamlProvider)]}


@operation(on=_provider)
def delete_saml_provider(ctx: Context, saml_provider_arn: str) -> None:
    ctx.delete(_found(ctx, saml_provider_arn))


@operation(on=_provider)
def tag_saml_provider(ctx: Context, saml_provider_arn: str, tags: Sequence[Tag]) -> None:
    provider = _found(ctx, saml_provider_arn)
    provider.tags = tags_set(provider.tags, tags)
    ctx.put(provider)


@operation(on=_provider)
def untag_saml_provider(ctx: Context, saml_provider_arn: str, tag_keys: Sequence[str]) -> None:
    provider = _found(ctx, saml_provider_arn)
    provider.tags = without_tags(provider.tags, tag_keys)
    ctx.put(provider)


@operation(on=_provider, read=True)
def list_saml_provider_tags(ctx: Context, saml_provider_arn: str) -> dict[str, Page]:
    return {"tags": page_of(_found(ctx, saml_provider_arn).tags, key=lambda tag: tag.key)}
