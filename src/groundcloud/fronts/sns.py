"""The certificate by which receivers verify SNS's messages: everybody may have it."""

from groundcloud.gateway.http import Request, Response
from groundcloud.publishing.signing import certificate_path
from groundcloud.services.sns.records import SigningKey
from groundcloud.store import Store


def certificate(store: Store, request: Request) -> Response | None:
    """None for a path that is no certificate's; the path may be an object's."""
    with store.snapshot() as tx:
        for found in tx.scan(SigningKey):
            if certificate_path(found.certificate) == request.path:
                return Response(200, [("Content-Type", "application/x-pem-file")], found.certificate)
    return None
