"""HTTP/1.1 on a plain socket: read a request, describe an answer, send it.

The standard http.server parses headers with the email package and spends most of a
millisecond on that. A sandbox that is benchmarked against needs less, and it must be able
to send wrong answers on purpose, so both halves are written out here. Everything runs in
the thread of one connection; nothing is shared.
"""

import socket
import struct
import time
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, unquote

# http.client has these too, and takes long to load.
REASONS = {status.value: status.phrase for status in HTTPStatus}
MAX_HEAD = 64 * 1024
MAX_BODY = 16 * 1024 * 1024
JOIN_BELOW = 64 * 1024
SLICES_PER_SECOND = 20


class BadRequest(Exception):
    """The bytes received are not an HTTP request this server reads."""


class Request:
    """One request as it was received; `head` keeps the bytes for the request log."""

    __slots__ = ("method", "path", "query", "headers", "head", "body", "connection",
                 "keep_alive")

    def __init__(self, head, connection):
        self.head = head
        self.connection = connection
        self.body = b""
        line, _, rest = head.decode("latin-1").partition("\r\n")
        try:
            self.method, target, version = line.split(" ")
        except ValueError:
            raise BadRequest("request line") from None
        self.path, _, self.query = target.partition("?")
        self.headers = {name.lower(): value for name, value in header_pairs(rest)}
        wish = self.headers.get("connection", "").lower()
        self.keep_alive = wish != "close" and (version == "HTTP/1.1" or wish == "keep-alive")

    def segments(self):
        """The parts of the path, each percent-decoded exactly once, after splitting."""
        return [unquote(part) for part in self.path.split("/")[1:]]

    def query_fields(self):
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def form_fields(self):
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    def media_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def header_pairs(text):
    """The (name, value) pairs of a header block, without its request line."""
    pairs = []
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name, value.strip()))
    return pairs


def quote_segment(text):
    """Text as one segment of a path, whatever it holds; lone surrogates survive too."""
    return quote(text, safe="", errors="surrogatepass")


class Reader:
    """Cuts the bytes of one connection into requests."""

    def __init__(self, sock, connection):
        self._sock = sock
        self._connection = connection
        self._buffer = b""

    def next_request(self):
        """The next request, or None when the client has closed."""
        head = self._until(b"\r\n\r\n", MAX_HEAD)
        if head is None:
            return None
        request = Request(head, self._connection)
        if request.headers.get("expect", "").lower() == "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in request.headers.get("transfer-encoding", "").lower():
            request.body = self._chunked_body()
        elif "content-length" in request.headers:
            request.body = self._exactly(_number(request.headers["content-length"], 10))
        return request

    def _fill(self):
        data = self._sock.recv(65536)
        self._buffer += data
        return bool(data)

    def _until(self, mark, limit):
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > limit:
                raise BadRequest("head too long")
            if not self._fill():
                return None
        found = self._buffer[:end]
        self._buffer = self._buffer[end + len(mark):]
        return found

    def _exactly(self, count):
        if count > MAX_BODY:
            raise BadRequest("body too long")
        while len(self._buffer) < count:
            if not self._fill():
                raise BadRequest("body cut off")
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _chunked_body(self):
        parts = []
        while True:
            line = self._until(b"\r\n", MAX_HEAD)
            if line is None:
                raise BadRequest("body cut off")
            size = _number(line.decode("latin-1").partition(";")[0], 16)
            parts.append(self._exactly(size))
            self._exactly(2)
            if size == 0:
                return b"".join(parts)


def _number(text, base):
    try:
        number = int(text, base)
    except ValueError:
        raise BadRequest("length") from None
    if number < 0:
        raise BadRequest("length")
    return number


class Bytes:
    """A body that is held in memory. Any object with `size` and `pieces` will do."""

    def __init__(self, data):
        self._data = data
        self.size = len(data)

    def pieces(self, start, count):
        if count:
            yield memoryview(self._data)[start:start + count]


class Response:
    """A status, headers, and a body or a part of one."""

    __slots__ = ("status", "headers", "body", "start", "count")

    def __init__(self, status, headers, body, start=0, count=None):
        self.status = status
        self.headers = headers
        self.body = Bytes(body) if isinstance(body, (bytes, bytearray)) else body
        self.start = start
        self.count = self.body.size - start if count is None else count

    def pieces(self):
        return self.body.pieces(self.start, self.count)

    def whole(self):
        """The part of the body to be sent, in memory. For small answers only."""
        return b"".join(self.pieces())


def json_text_response(status, text):
    data = text.encode("utf-8", "backslashreplace")  # A lone surrogate stays \udXXX.
    return Response(status, {"Content-Type": "application/json"}, data)


def send(sock, request, response, fault, count_sent):
    """Send a response, as bent as the fault wants it.

    `count_sent` is told of body bytes before they leave, so that the request log never
    knows less than the client. Returns whether the connection can be used again.
    """
    framing = _framing(fault)
    keep_alive = request.keep_alive and framing != "close"
    head = _head(response, framing, fault.get("length", response.count), keep_alive)
    if request.method == "HEAD" or response.status in (204, 304):
        sock.sendall(head)
        return keep_alive
    for piece in _shaped(response.pieces(), fault):
        count_sent(len(piece))
        if framing == "chunked":
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        if head and len(piece) < JOIN_BELOW:
            piece, head = head + piece, b""
        if head:
            sock.sendall(head)
            head = b""
        sock.sendall(piece)
    if head:
        sock.sendall(head)
    # What was shorter went out whole, and its connection is good for the next request.
    if fault.get("stall_after", response.count) < response.count:
        wait_for_close(sock)
        return False
    if "drop_after" in fault:
        return False
    if framing == "chunked":
        sock.sendall(b"0\r\n\r\n")
    return keep_alive and "length" not in fault


def _framing(fault):
    if fault.get("no_length"):
        return "chunked"
    return "close" if fault.get("no_length_close") else "length"


def _head(response, framing, length, keep_alive):
    reason = REASONS.get(response.status, "Unknown")
    lines = [f"HTTP/1.1 {response.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    elif framing == "length" and response.status not in (204, 304):
        lines.append(f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _shaped(pieces, fault):
    limit = fault.get("stall_after", fault.get("drop_after"))
    if limit is not None:
        pieces = _first(pieces, limit)
    if fault.get("slow_bytes_per_s"):
        pieces = _slowly(pieces, fault["slow_bytes_per_s"])
    return pieces


def _first(pieces, limit):
    for piece in pieces:
        if limit <= 0:
            return
        yield piece[:limit]
        limit -= len(piece)


def _slowly(pieces, bytes_per_s):
    step = max(1, bytes_per_s // SLICES_PER_SECOND)
    for piece in pieces:
        for start in range(0, len(piece), step):
            part = piece[start:start + step]
            yield part
            time.sleep(len(part) / bytes_per_s)


def wait_for_close(sock):
    """Say nothing until the client gives up."""
    while sock.recv(4096):
        pass


def close_with_reset(sock):
    """Arrange that closing this socket sends RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
