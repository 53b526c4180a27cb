"""POST Object: a form that a browser sends to a bucket, signed by a policy. Source: S3 API Reference, "POST Object"."""

from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element, fromstring
from xml.sax.saxutils import escape

from groundcloud.errors import AwsError
from groundcloud.gateway.gateway import Gateway
from groundcloud.gateway.http import Request, Response
from groundcloud.gateway.route import Target
from groundcloud.gateway.signature import PostPolicy, missing_token, post_claim
from groundcloud.gateway.signature.errors import ErrorStyle
from groundcloud.identity import ANONYMOUS
from groundcloud.services.s3.rules import post_form
from groundcloud.services.s3.rules.post_form import PostForm
from groundcloud.store import Store

_NOT_HEADERS = frozenset(
    ("key", "policy", "file", "bucket", "success_action_redirect", "success_action_status", "redirect", "signature",
     "awsaccesskeyid", "x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date", "acl", "tagging",
     "x-amz-security-token", "submit")
)  # fmt: skip


class FormFile:
    """The file of a form, as an operation reads a body. It says its length when it is over."""

    length: int | None = None
    framed = True
    """Its end is marked: it needs no announced length."""
    trailers: dict[str, str] = {}
    announced = ""

    def __init__(
        self, form: PostForm, first: list[bytes], rest: AsyncIterator[bytes], policy: PostPolicy | None
    ) -> None:
        self._form = form
        self._first = first
        self._rest = rest
        self._policy = policy

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises EntityTooLarge and EntityTooSmall, where the policy limits the length."""
        size = 0
        most = (self._policy.length_range or (0, 0))[1] if self._policy is not None else 0
        for piece in self._first:
            size += len(piece)
            yield piece
        async for data in self._rest:
            for piece in self._form.feed(data):
                size += len(piece)
                if most and size > most and self._policy is not None:
                    self._policy.check_length(size)
                yield piece
        self._form.finish()
        if self._policy is not None:
            self._policy.check_length(size)


async def post(gateway: Gateway, store: Store, request: Request, bucket: str) -> Response:
    """Read the form up to its file, see who signed it and what its policy allows, and put the object."""
    target = Target("s3", "rest-xml", "PutObject", {"Bucket": bucket})
    try:
        form = PostForm(request.headers["content-type"])
        source = aiter(request.body)
        first: list[bytes] = []
        while not form.ready:
            try:
                data = await anext(source)
            except StopAsyncIteration:
                form.finish()
                break
            first = form.feed(data)
        fields = form.fields
        key = post_form.key_of(fields)
        claim = post_claim(fields)
        policy: PostPolicy | None = None
        principal = ANONYMOUS
        if claim is not None:
            with store.snapshot() as tx:
                principal, policy = gateway.authenticate_post(tx, claim, fields)
            policy.check(fields, bucket=bucket, now=gateway.now())
        elif "policy" in {name.lower() for name in fields}:
            raise missing_token(ErrorStyle.S3)
        headers = _headers(fields)
        body = FormFile(form, first, source, policy)
    except AwsError as error:
        return gateway.refuse(request, target, error)
    labelled = target._replace(labels={"Bucket": bucket, "Key": key})
    response = await gateway.perform(request, labelled, principal, headers, body, claim)
    if response.status != 200:
        return response
    return _answer(request, fields, bucket, key, dict(response.headers))


def _headers(fields: dict[str, str]) -> dict[str, str]:
    """The fields of a form as the headers of a PutObject."""
    sent = {name.lower(): value for name, value in fields.items()}
    headers = {name: _latin1(value) for name, value in sent.items() if name not in _NOT_HEADERS}
    if "acl" in sent:
        headers["x-amz-acl"] = sent["acl"]
    if "tagging" in sent:
        headers["x-amz-tagging"] = _tags(sent["tagging"])
    return headers


def _latin1(value: str) -> str:
    return value.encode().decode("latin-1")


def _tags(document: str) -> str:
    """The tags of a form, which are XML, as the header writes them."""
    if "<!" in document:
        return "="  # a document type has no place here; the header is refused in S3's words
    root: Element = fromstring(document)  # noqa: S314 - without a document type there are no entities
    pairs = []
    for tag in root.iter():
        if tag.tag.rpartition("}")[2] == "Tag":
            parts = {child.tag.rpartition("}")[2]: child.text or "" for child in tag}
            pairs.append((parts.get("Key", ""), parts.get("Value", "")))
    return urlencode(pairs)


def _answer(request: Request, fields: dict[str, str], bucket: str, key: str, headers: dict[str, str]) -> Response:
    scheme = "https" if request.secure else "http"
    host = request.headers.get("host", "")
    endpoint = f"{scheme}://{host}" if host.startswith(f"{bucket}.") else f"{scheme}://{host}/{bucket}"
    e_tag = headers.get("ETag", "")
    found = post_form.answer(fields, endpoint=endpoint, bucket=bucket, key=key, e_tag=e_tag)
    out = [(name, value) for name, value in headers.items() if name.lower() not in ("content-type", "content-length")]
    out.append(("Location", found.location))
    if not found.has_document:
        return Response(found.status, out)
    location = f"{endpoint}/{quote(key, safe='')}"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>'
        f"<Location>{escape(location)}</Location><Bucket>{bucket}</Bucket><Key>{escape(key)}</Key>"
        f"<ETag>{escape(e_tag)}</ETag></PostResponse>"
    )
    return Response(found.status, [*out, ("Content-Type", "application/xml")], document.encode())
