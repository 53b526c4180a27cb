"""A call of S3 as its server access log tells it. Source: S3 User Guide, "Amazon S3 server access log format".

Not known here, and written as `-`: the cipher suite and the TLS version. The total time ends where the answer begins.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from groundcloud.gateway.call import Call
from groundcloud.gateway.protocol import Answer
from groundcloud.gateway.protocol.restxml import host_id
from groundcloud.identity import Principal
from groundcloud.services.s3.owners import canonical_id
from groundcloud.services.s3.rules import logging
from groundcloud.services.s3.rules.logging import Entry


def entries(call: Call, answer: Answer, bucket: str) -> Iterator[Entry]:
    """The call's entry, and one for each object of a DeleteObjects. The bucket's owner is still to be filled in."""
    request, headers, claim = call.request, call.request.headers, call.claim
    key = call.arguments.get("key") or (call.target.labels.get("Key", "") if call.target is not None else "")
    result = call.result if isinstance(call.result, dict) else {}
    spent = round((time.perf_counter() - call.started) * 1000)
    query = f"?{request.query}" if request.query else ""
    entry = Entry(
        bucket_owner="",
        bucket=bucket,
        time=call.now,
        remote_ip=request.client,
        requester=_requester(call.principal),
        request_id=call.request_id,
        operation=_operation(request.method, request.query, key, headers),
        key=key,
        request_uri=f"{request.method} {request.path}{query} HTTP/1.1",
        http_status=answer.status,
        error_code=call.error.code if call.error is not None else "",
        bytes_sent=_sent(answer, result) or None,
        object_size=_object_size(call, result) if key else None,
        total_time=spent,
        turn_around_time=spent,
        referer=headers.get("referer", ""),
        user_agent=headers.get("user-agent", ""),
        version_id=call.arguments.get("version_id") or result.get("version_id") or "",
        host_id=host_id(call.request_id),
        signature_version="" if claim is None else "SigV4" if claim.date else "SigV2",
        authentication_type="" if claim is None else "QueryString" if "query" in claim.kind else "AuthHeader",
        host_header=headers.get("host", ""),
        access_point_arn=call.facts.extra.get("s3:dataaccesspointarn", ""),
    )
    yield entry
    if entry.operation == "REST.POST.MULTI_OBJECT_DELETE" and call.error is None:
        yield from _deletions(entry, call.arguments["delete"].get("objects", ()), result)


def _deletions(entry: Entry, asked: Any, result: Mapping[str, Any]) -> Iterator[Entry]:
    failed = {(each["key"], each["version_id"]): each["code"] for each in result.get("errors") or ()}
    for each in asked:
        version_id = each.get("version_id")
        code = failed.get((each["key"], version_id), "")
        yield msgspec.structs.replace(
            entry,
            operation="BATCH.DELETE.OBJECT",
            key=each["key"],
            version_id=version_id or "",
            http_status=(403 if code == "AccessDenied" else 400) if code else 204,
            error_code=code,
            bytes_sent=None,
        )


def _requester(principal: Principal) -> str:
    """Users and sessions by their ARN, root by its account's canonical id."""
    if principal.type == "Anonymous":
        return ""
    return canonical_id(principal.account) if principal.type == "Root" else principal.arn


def _operation(method: str, query: str, key: str, headers: Mapping[str, str]) -> str:
    asked = [part.partition("=")[0] for part in query.split("&")] if query else []
    if not key:
        return logging.operation(method, _named(asked, logging.BUCKET_RESOURCES, "BUCKET"))
    if method == "PUT" and "x-amz-copy-source" in headers:
        method = "COPY"
    if "uploadId" in asked:
        return logging.operation(method, "PART" if "partNumber" in asked else "UPLOAD")
    return logging.operation(method, _named(asked, logging.OBJECT_RESOURCES, "OBJECT"))


def _named(asked: list[str], resources: Mapping[str, str], usual: str) -> str:
    return next((resources[name] for name in asked if name in resources), usual)


def _sent(answer: Answer, result: Mapping[str, Any]) -> int:
    if isinstance(answer.body, bytes | memoryview):
        return len(answer.body)
    return int(result.get("content_length") or 0)


def _object_size(call: Call, result: Mapping[str, Any]) -> int | None:
    """Of the whole object, also where a range of it is read."""
    if whole := result.get("content_range"):
        return int(whole.rpartition("/")[2])
    if (size := result.get("content_length")) is not None:
        return int(size)
    return call.request.body.length if call.request.method in ("PUT", "POST") and "e_tag" in result else None
