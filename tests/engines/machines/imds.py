"""A metadata service for the machines of these tests, run inside a network namespace: version 2 of EC2's, for one
answer per machine's address. Its answers come as JSON on standard input: {address: {path: text}}."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = json.load(sys.stdin)


class Service(BaseHTTPRequestHandler):
    def do_PUT(self):
        self._answer("token-of-" + self.client_address[0])

    def do_GET(self):
        known = ANSWERS.get(self.client_address[0], {})
        found = known.get(self.path.removeprefix("/latest/"))
        if self.headers.get("x-aws-ec2-metadata-token") != "token-of-" + self.client_address[0] or found is None:
            self.send_error(404)
        else:
            self._answer(found)

    def _answer(self, text):
        content = text.encode("latin-1")
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("169.254.169.254", 80), Service)
print("ready", flush=True)
server.serve_forever()
"""Latin-1 on both sides, so that an answer may be any bytes."""
