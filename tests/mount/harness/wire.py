"""A relay between the program and a sandbox's GraphQL: what went over the wire, word for word, and
answers that no sandbox gives.

    with Wire(shop) as wire:
        m = mount(shop, account=wire.account)
        wire.sent("createOrder")      # the bodies with that word, as text, oldest first
        wire.change = lambda body, answer: …    # another answer, both as text; None for no answer
"""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PASSED_ON = ("Content-Type", "Accept", "Authorization")


class Wire:
    """Listens on a port of its own while it is entered."""

    def __init__(self, shop):
        self.target = urlsplit(shop.accounts[shop.account]["graphql_url"])
        self.bodies = []
        self.change = lambda body, answer: answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.wire = self

    @property
    def account(self):
        """The setting that leads the account through here."""
        return {"graphql_url": f"http://127.0.0.1:{self._server.server_port}{self.target.path}"}

    def sent(self, word):
        return [body for body in self.bodies if word in body]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        wire = self.server.wire
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wire.bodies.append(body.decode())
        status, kind, content = self._ask(wire.target, body)
        content = wire.change(body.decode(), content.decode())
        if content is None:
            self.close_connection = True
            return
        self._answer(status, kind, content.encode())

    def _answer(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _ask(self, target, body):
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        connection = http.client.HTTPConnection(target.netloc, timeout=30)
        try:
            connection.request("POST", target.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    def log_message(self, *_):
        """The test tells what went wrong."""
