"""Mobile push: platform applications and their endpoints.

Credentials are kept sealed and checked by nobody: no push notification leaves this cloud for Apple's or Google's
services; the engine `phones` has them. Source: "Mobile push notifications" in the developer guide, the API reference.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.outbox import Notice
from groundcloud.paging import Page
from groundcloud.services.sns.errors import InvalidParameter
from groundcloud.services.sns.phone_records import PlatformApplication, PlatformEndpoint
from groundcloud.services.sns.records import Topic

SECRET_PURPOSE = "sns platform credential"  # noqa: S105 - what it is sealed for
_PRINCIPAL_TOO = (
    "ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "APNS_PASSBOOK", "BAIDU", "MACOS", "MACOS_SANDBOX",
    "MPNS", "WNS",
)  # fmt: skip
PLATFORMS = frozenset((*_PRINCIPAL_TOO, "GCM"))
_SECRETS = ("PlatformCredential", "PlatformPrincipal")
_EVENTS = ("EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated")
_OTHERS = (
    *_EVENTS, "Enabled", "SuccessFeedbackRoleArn", "FailureFeedbackRoleArn", "SuccessFeedbackSampleRate",
    "ApplePlatformTeamID", "ApplePlatformBundleID",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_APPLICATION = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):app/(\w+)/([\w.-]{1,256})", re.ASCII)
_ENDPOINT = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):endpoint/(\w+)/([\w.-]{1,256})/([\w-]+)", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{1,2048}")


def is_endpoint(arn: str) -> bool:
    return arn.count(":") == 5 and arn.rpartition(":")[2].startswith("endpoint/")


def _application(ctx: Context, arn: str) -> PlatformApplication:
    """Raises `InvalidParameter` and `NotFound`."""
    found = _APPLICATION.fullmatch(arn)
    if found is None:
        raise InvalidParameter(reason="PlatformApplicationArn Reason: Wrong number of slashes in relative portion of "
            "the ARN.")  # fmt: skip
    if (found[2], found[1]) != (ctx.account, ctx.region):
        raise PlatformApplication.absent()
    return ctx.find(PlatformApplication, found[3], found[4])


def find_endpoint(ctx: Context, arn: str) -> PlatformEndpoint | None:
    """Raises `InvalidParameter` for what is no endpoint's ARN."""
    found = _ENDPOINT.fullmatch(arn)
    if found is None:
        raise InvalidParameter(reason="EndpointArn Reason: An ARN must have at least 6 elements")
    return ctx.tx.get(PlatformEndpoint, found[2], found[1], *found.groups()[2:])


def application_of(ctx: Context, endpoint: PlatformEndpoint) -> PlatformApplication | None:
    place = (endpoint.account, endpoint.region, endpoint.platform, endpoint.application)
    return ctx.tx.get(PlatformApplication, *place)


# -- applications


@operation(on="*")
def create_platform_application(
    ctx: Context, name: str, platform: str, attributes: Mapping[str, str]
) -> dict[str, str]:
    if not _NAME.fullmatch(name):
        raise InvalidParameter(reason="Name Reason: must be at most 256 characters of A-Z, a-z, 0-9, _, - and .")
    if platform not in PLATFORMS:
        raise InvalidParameter(reason=f"Platform Reason: {platform} is not supported")
    found = ctx.get(PlatformApplication, platform, name)
    made = found or PlatformApplication(ctx.account, ctx.region, platform, name, b"")
    _set(ctx, made, attributes)
    ctx.put(made)
    return {"platform_application_arn": made.arn}


def _set(ctx: Context, found: PlatformApplication, attributes: Mapping[str, str]) -> None:
    """Raises `InvalidParameter`."""
    known = json.loads(ctx.open(found.sealed, SECRET_PURPOSE)) if found.sealed else {}
    for name, value in attributes.items():
        if name in _SECRETS:
            known[name] = value
            continue
        if name not in _OTHERS:
            raise InvalidParameter(reason=f"Attributes Reason: Invalid attribute name: {name}")
        if name in _EVENTS and value:
            _check_topic(ctx, name, value)
        if name == "SuccessFeedbackSampleRate" and not (value.isdigit() and int(value) <= 100):
            raise InvalidParameter(reason=f"Attributes Reason: Invalid value for {name}: {value}")
        found.attributes[name] = value
    needed = _SECRETS if found.platform in _PRINCIPAL_TOO else _SECRETS[:1]
    if lacking := [name for name in needed if not known.get(name)]:
        raise InvalidParameter(reason=f"Attributes Reason: {lacking[0]} is required for the platform {found.platform}")
    found.sealed = ctx.seal(json.dumps(known).encode(), SECRET_PURPOSE)


def _check_topic(ctx: Context, name: str, arn: str) -> None:
    parts = arn.split(":")
    if len(parts) != 6 or ctx.tx.get(Topic, parts[4], parts[3], parts[5]) is None:
        raise InvalidParameter(reason=f"Attributes Reason: {name}: the topic does not exist")


@operation(on="*", read=True)
def get_platform_application_attributes(ctx: Context, platform_application_arn: str) -> dict[str, Any]:
    return {"attributes": _shown(_application(ctx, platform_application_arn))}


def _shown(found: PlatformApplication) -> dict[str, str]:
    return {"Enabled": "true", **{name: value for name, value in found.attributes.items() if value}}


@operation(on="*")
def set_platform_application_attributes(
    ctx: Context, platform_application_arn: str, attributes: Mapping[str, str]
) -> None:
    found = _application(ctx, platform_application_arn)
    _set(ctx, found, attributes)
    ctx.put(found)


@operation(on="*", read=True, page_size=100)
def list_platform_applications(ctx: Context) -> dict[str, Page]:
    def each(found: PlatformApplication) -> dict[str, Any]:
        return {"platform_application_arn": found.arn, "attributes": _shown(found)}

    return {"platform_applications": ctx.page(PlatformApplication, each=each)}


@operation(on="*")
def delete_platform_application(ctx: Context, platform_application_arn: str) -> None:
    """Its endpoints go with it. Deleting what is not there is no error."""
    try:
        found = _application(ctx, platform_application_arn)
    except PlatformApplication.absent:
        return
    for endpoint in list(ctx.scan(PlatformEndpoint, found.platform, found.name)):
        ctx.delete(endpoint)
    ctx.delete(found)


# -- endpoints


@operation(on="*")
def create_platform_endpoint(
    ctx: Context,
    platform_application_arn: str,
    token: str,
    custom_user_data: str = "",
    attributes: Mapping[str, str] = {},
) -> dict[str, str]:
    """A token that is known with the same attributes gives the endpoint that there is."""
    application = _application(ctx, platform_application_arn)
    made = PlatformEndpoint(
        ctx.account, ctx.region, application.platform, application.name, ctx.new_uuid(), token,
        user_data=custom_user_data,
    )  # fmt: skip
    _set_endpoint(made, attributes)
    place = (application.platform, application.name, made.token)
    before = next(ctx.scan(PlatformEndpoint, *place, index="by_token"), None)
    if before is not None:
        if (before.user_data, before.enabled) != (made.user_data, made.enabled):
            raise InvalidParameter(reason=f"Token Reason: Endpoint {before.arn} already exists with the same Token, "
                "but different attributes.")  # fmt: skip
        return {"endpoint_arn": before.arn}
    ctx.put(made)
    _tell(ctx, application, "EndpointCreated", made)
    return {"endpoint_arn": made.arn}


def _set_endpoint(found: PlatformEndpoint, attributes: Mapping[str, str]) -> None:
    """Raises `InvalidParameter`."""
    for name, value in attributes.items():
        if name == "Token":
            found.token = value
        elif name == "CustomUserData":
            found.user_data = value
        elif name == "Enabled" and value.lower() in ("true", "false"):
            found.enabled = value.lower() == "true"
        else:
            raise InvalidParameter(reason=f"Attributes Reason: Invalid attribute {name}: {value}")
    if not _TOKEN.fullmatch(found.token):
        raise InvalidParameter(reason="Token Reason: must be at most 2048 bytes of printable characters")
    if len(found.user_data.encode()) > 2048:
        raise InvalidParameter(reason="CustomUserData Reason: must be at most 2048 bytes long in UTF-8 encoding.")


def _tell(ctx: Context, application: PlatformApplication, event: str, endpoint: PlatformEndpoint) -> None:
    """Let the topic that the application names for such an event have it ("Mobile app events" in the guide)."""
    if target := application.attributes.get(f"Event{event}"):
        document = {
            "EndpointArn": endpoint.arn, "EventType": event, "Resource": application.arn, "Service": "SNS"
        }  # fmt: skip
        ctx.notify(
            target,
            Notice("sns.amazonaws.com", application.arn, ctx.account, json.dumps(document), as_owner=True),
        )


def _found(ctx: Context, arn: str) -> PlatformEndpoint:
    found = find_endpoint(ctx, arn)
    if found is None or found.account != ctx.account or found.region != ctx.region:
        raise PlatformEndpoint.absent()
    return found


@operation(on="*", read=True)
def get_endpoint_attributes(ctx: Context, endpoint_arn: str) -> dict[str, Any]:
    return {"attributes": _found(ctx, endpoint_arn).shown}


@operation(on="*")
def set_endpoint_attributes(ctx: Context, endpoint_arn: str, attributes: Mapping[str, str]) -> None:
    found = _found(ctx, endpoint_arn)
    place, token = (found.platform, found.application), attributes.get("Token", found.token)
    others = ctx.scan(PlatformEndpoint, *place, token, index="by_token")
    if any(other.id != found.id for other in others):
        raise InvalidParameter(reason="This endpoint is already registered with a different token.")
    _set_endpoint(found, attributes)
    ctx.put(found)
    if (application := application_of(ctx, found)) is not None:
        _tell(ctx, application, "EndpointUpdated", found)


@operation(on="*", read=True, page_size=100)
def list_endpoints_by_platform_application(ctx: Context, platform_application_arn: str) -> dict[str, Page]:
    application = _application(ctx, platform_application_arn)

    def each(found: PlatformEndpoint) -> dict[str, Any]:
        return {"endpoint_arn": found.arn, "attributes": found.shown}

    return {"endpoints": ctx.page(PlatformEndpoint, application.platform, application.name, each=each)}


@operation(on="*")
def delete_endpoint(ctx: Context, endpoint_arn: str) -> None:
    """Deleting what is not there is no error."""
    found = find_endpoint(ctx, endpoint_arn)
    if found is None or (found.account, found.region) != (ctx.account, ctx.region):
        return
    ctx.delete(found)
    if (application := application_of(ctx, found)) is not None:
        _tell(ctx, application, "EndpointDeleted", found)
