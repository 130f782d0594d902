"""A sixth API: the parcel service that the guide "Describe a provider" describes, which no
description in the tree knows. It is as strict as services of its kind are, and small enough to be
read beside the guide.

    with Parcels(batches=3) as parcels:
        parcels.url, parcels.key, parcels.file(1001), parcels.requests

A batch of labels gets on each time somebody asks about it alone: waiting, printing, done.
"""

import hashlib
import json
import secrets
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FIRST_NUMBER = 1001
PER_PAGE_MOST = 50
FORMATS = ("pdf", "csv")
NEXT_STATE = {"waiting": "printing", "printing": "done"}


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


class Parcels:
    """The service, on a port of its own. Its account begins with some batches that are done."""

    def __init__(self, batches=0):
        self.key = secrets.token_hex(16)
        self.requests = []  # (method, path) of each, in the order they came
        self.refused = []   # the texts of all refusals
        self.mutex = threading.Lock()
        self._signing = secrets.token_hex(16)
        self._batches = {}
        for index in range(batches):
            self.add("csv", "done", made=_now() - timedelta(days=batches - index))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.parcels = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        # Another host than the API's: there the key means nothing.
        self._files = f"http://localhost:{self._server.server_port}/files"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def add(self, format, state, made=None, labels=None):
        number = FIRST_NUMBER + len(self._batches)
        self._batches[number] = {
            "number": number, "state": state, "made": _text(made or _now()), "format": format,
            "labels": number % 100 if labels is None else labels, "problem": None}
        return self._batches[number]

    @property
    def numbers(self):
        return list(self._batches)

    def file(self, number):
        """What the file of a batch holds."""
        batch = self._batches[number]
        lines = [f"{number}-{i},{batch['format']}" for i in range(batch["labels"])]
        return "\n".join(["label,format", *lines, ""]).encode()

    # ---- what can be asked for

    def page(self, query):
        page, size = (_number(query, name) for name in ("page", "per_page"))
        if size > PER_PAGE_MOST:
            raise Refused(400, f"per_page is {PER_PAGE_MOST} at most")
        rows = list(self._batches.values())
        pages = max(1, -(-len(rows) // size))
        if page > pages:
            raise Refused(400, f"there are {pages} pages")
        return {"batches": rows[(page - 1) * size:page * size], "pages": pages}

    def look(self, number):
        batch = self._find(number)
        answer = {"batch": dict(batch)}
        batch["state"] = NEXT_STATE.get(batch["state"], batch["state"])
        return answer

    def link(self, number):
        batch = self._find(number)
        if batch["state"] != "done":
            raise Refused(409, "the batch is not done")
        name = f"{number}.{batch['format']}"
        return {"link": f"{self._files}/{name}?signature={self.signature(name)}"}

    def make(self, wish):
        if not isinstance(wish, dict) or set(wish) - {"from", "to", "format"}:
            raise Refused(422, "a batch has from, to and format")
        if wish.get("format") not in FORMATS:
            raise Refused(422, "format is pdf or csv")
        first, last = (_moment(wish.get(name)) for name in ("from", "to"))
        if first is None or (last and last < first):
            raise Refused(422, "from is missing, or after to")
        return {"batch": self.add(wish["format"], "waiting", labels=7)}

    def signature(self, name):
        return hashlib.sha256(f"{self._signing}{name}".encode()).hexdigest()

    def _find(self, number):
        if not number.isdigit() or int(number) not in self._batches:
            raise Refused(404, f"there is no batch {number}")
        return self._batches[int(number)]


class Handler(BaseHTTPRequestHandler):
    """HTTP around it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def log_message(self, *_):
        pass

    @property
    def parcels(self):
        return self.server.parcels

    def _answer(self, give):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        try:
            with self.parcels.mutex:
                self.parcels.requests.append((self.command, parts.path))
                give(parts.path.strip("/").split("/"), parts.query, body)
        except Refused as refusal:
            self.parcels.refused.append(refusal.text)
            self._send_json(refusal.status, {"error": {
                "text": refusal.text, "request": f"r-{len(self.parcels.requests)}"}})

    def _get(self, path, query, _):
        if path[0] == "files" and len(path) == 2:
            return self._send_file(path[1], query)
        if path == [""]:  # the front page, which is for anybody
            return self._send_json(200, {"service": "Example Parcels"})
        self._check_key()
        match path:
            case ["v1", "batches"]:
                answer = self.parcels.page(parse_qs(query))
            case ["v1", "batches", number]:
                answer = self.parcels.look(number)
            case ["v1", "batches", number, "download"]:
                answer = self.parcels.link(number)
            case _:
                raise Refused(404, "there is nothing at this address")
        return self._send_json(200, answer)

    def _post(self, path, _, body):
        self._check_key()
        if path != ["v1", "batches"]:
            raise Refused(405, "nothing is made at this address")
        if self.headers.get("Content-Type") != "application/json":
            raise Refused(415, "a batch is asked for in JSON")
        self._send_json(202, self.parcels.make(json.loads(body)))

    def _check_key(self):
        if self.headers.get("X-Api-Key") != self.parcels.key:
            raise Refused(401, "X-Api-Key is missing or wrong")

    def _send_file(self, name, query):
        if "X-Api-Key" in self.headers or "Authorization" in self.headers:
            raise Refused(400, "the address is signed and takes no key")
        if parse_qs(query).get("signature") != [self.parcels.signature(name)]:
            raise Refused(403, "the signature does not fit")
        body = self.parcels.file(int(name.partition(".")[0]))
        if self.headers.get("Range") == "bytes=0-0":
            self._send(206, "text/csv", body[:1],
                       {"Content-Range": f"bytes 0-0/{len(body)}"})
        else:
            self._send(200, "text/csv", body)

    def _send_json(self, status, answer):
        self._send(status, "application/json", json.dumps(answer).encode())

    def _send(self, status, kind, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _now():
    return datetime.now(timezone.utc)


def _text(moment):
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(text):
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(422, f"{text} is no moment") from None


def _number(query, name):
    text = query.get(name, [""])[0]
    if not text.isdigit() or int(text) < 1:
        raise Refused(400, f"{name} is a number from 1")
    return int(text)
