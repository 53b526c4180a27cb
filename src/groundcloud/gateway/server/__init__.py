"""The HTTP/1.1 server of the gateway: sockets in, `groundcloud.gateway.http` values out. It knows nothing of AWS."""

from groundcloud.gateway.server.limits import Limits
from groundcloud.gateway.server.listening import LOOPBACK, Server, listen, serve

__all__ = ["LOOPBACK", "Limits", "Server", "listen", "serve"]
