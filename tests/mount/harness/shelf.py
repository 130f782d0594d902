"""A service with nothing but files, for tests of what is in them: each is one item, `items/<number>`,
and its file has whatever name and bytes the test likes.

    with Shelf({"plain.tar.gz": data}) as shelf:
        m = shelf.mount(mount, tmp_path, password="open sesame")
        m.list(shelf.folder("plain.tar.gz"))
        shelf.requests, shelf.sent

The files are served as good file servers do: ranges, ETag, Content-Length. `shelf.frozen` is an event
that is set while everything is answered; clear() it and downloads stand still half-way.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

DESCRIPTION = """
format: 1
name: shelf
title: Files
settings:
  url: {required: true}
  password: {secret: true}
collections:
  items:
    item:
      id: number
      word: state
      records: {item.json: list}
      states:
        - {is: ready, when: {state: there}}
    list:
      request: {get: "{url}/items"}
      rows: items
    get:
      request: {get: "{url}/items/{id}"}
    files:
      - name: "{name}"
        when: ready
        password: "{password}"
        url: address
    poll: {list: 600s}
"""
HALF_MOST = 65536


class Shelf:
    """The service, on a port of its own."""

    def __init__(self, files):
        self.files, self.tags = {}, {}
        for name, data in files.items():
            self.replace(name, data)
        self.requests = []  # (first, last) of each download
        self.sent = 0       # bytes of content
        self.frozen = threading.Event()
        self.frozen.set()
        self.mutex = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.shelf = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def replace(self, name, data):
        """From now on these are the file's bytes."""
        self.tags[name] = hashlib.sha256(data).hexdigest()[:16]
        self.files[name] = data

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.frozen.set()
        self._server.shutdown()
        self._server.server_close()

    def mount(self, mount, password=None, **options):
        """A mount of it, with an account `shelf`."""
        return mount(accounts={"shelf": self.account(password)},
                     descriptions={"shelf": DESCRIPTION}, **options)

    def account(self, password=None):
        """What an accounts file says of it."""
        return {"provider": "shelf", "url": self.url, "insecure": True,
                **({"password": password} if password else {})}

    def item(self, name):
        """The folder of the item that has the file."""
        return f"items/{list(self.files).index(name) + 1}"

    def folder(self, name):
        """What is shown beside the file for what is in it."""
        stem = name.rpartition(".")[0]
        return f"{self.item(name)}/{stem.removesuffix('.tar')}"

    def clear(self):
        with self.mutex:
            self.requests.clear()
            self.sent = 0


class Handler(BaseHTTPRequestHandler):
    """HTTP around it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        shelf = self.server.shelf
        try:
            if self.path.startswith("/items"):
                rows = [{"number": str(number), "state": "there", "name": name,
                         "address": f"{shelf.url}/files/{quote(name)}"}
                        for number, name in enumerate(shelf.files, 1)]
                _, _, number = self.path[1:].partition("/")
                answer = rows[int(number) - 1] if number else {"items": rows}
                self._send(200, json.dumps(answer).encode(), {})
            else:
                self._send_file(unquote(self.path.removeprefix("/files/")))
        except ConnectionError:
            self.close_connection = True

    def _send_file(self, name):
        body = self.server.shelf.files[name]
        headers = {"ETag": f'"{self.server.shelf.tags[name]}"', "Accept-Ranges": "bytes"}
        asked = self.headers.get("Range")
        first, last = 0, len(body) - 1
        if asked:
            start, _, end = asked.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end or last), last)
            if first > last:
                self._send(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
        with self.server.shelf.mutex:
            self.server.shelf.requests.append((first, last))
        self._send(206 if asked else 200, memoryview(body)[first:last + 1], headers)

    def _send(self, status, body, headers):
        shelf = self.server.shelf
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        for at in range(0, len(body), HALF_MOST):
            self.wfile.write(body[at:at + HALF_MOST])
            with shelf.mutex:
                shelf.sent += min(HALF_MOST, len(body) - at)
            if len(body) > HALF_MOST:
                shelf.frozen.wait()
