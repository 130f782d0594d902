"""Object storage: signed download URLs on another host name, as the vendors hand out.

A URL is good for GET only, for a while, and without any other credentials. Errors are XML
in the manner of S3. Which bytes lie behind a URL is the API module's business: it gives a
StoredFile for a key. A module that says `public_files` has URLs without a signature too.
"""

import hashlib
import hmac
import re
import time
from html import escape

from http1 import Response, quote_segment

RANGE = re.compile(r"bytes=(\d*)-(\d*)")
CODES = {400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey",
         412: "PreconditionFailed", 416: "InvalidRange", 503: "SlowDown"}


def http_date(moment):
    """Seconds since 1970 as a header has them."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(moment))


class StoredFile:
    """A file as storage sees it. `version` names its bytes: other bytes, other version."""

    def __init__(self, body, version, modified, name, content_type="text/csv"):
        self.body = body
        self.name = name
        self.content_type = content_type
        self.etag = f'"{hashlib.sha256(version.encode()).hexdigest()[:32]}"'
        self.modified = http_date(modified)
        self.disposition = f'attachment; filename="{name}"'


class Storage:
    """Signs and serves. `accounts` maps account names to objects with `stored_file`."""

    def __init__(self, base_url, secret, url_seconds, accounts):
        self._base_url = base_url
        self._secret = secret.encode()
        self._url_seconds = url_seconds
        self._accounts = accounts
        self._epochs = {}

    def url(self, account, key, name=None):
        """Where a file is; this alone is enough only where the files are public."""
        last = f"{quote_segment(key)}.csv"
        if name is not None:
            last = f"{quote_segment(key)}/{quote_segment(name)}"
        return f"{self._base_url}/storage/{account}/{last}"

    def sign(self, account, key, name=None):
        """A URL under which the file can be had for some time."""
        url = self.url(account, key, name)
        path = url.removeprefix(self._base_url)
        expires = int((time.time() + self._url_seconds) * 1000)
        epoch = self._epochs.get(account, 0)
        signature = self._signature(path, expires, epoch)
        return f"{url}?X-Expires={expires}&X-Epoch={epoch}&X-Signature={signature}"

    def expire_all(self, account):
        """All URLs handed out so far stop working."""
        self._epochs[account] = self._epochs.get(account, 0) + 1

    def route(self, request):
        """(account, key, name or None) for a storage path, or None."""
        parts = request.segments()
        if len(parts) == 3 and parts[2].endswith(".csv"):
            parts = [*parts[:2], parts[2].removesuffix(".csv"), None]
        return tuple(parts[1:]) if len(parts) == 4 and parts[1] in self._accounts else None

    def answer(self, account, key, name, request, fault):
        refusal = self._refusal(account, request)
        if refusal:
            return xml_error(*refusal)
        file = self._accounts[account].stored_file(key, fault.get("content") == "changed")
        if file is None or name not in (None, file.name):
            return xml_error(404, "NoSuchKey", "The specified key does not exist.")
        return serve_file(file, request, fault)

    def _refusal(self, account, request):
        """(status, code, message) if the request may not have the file, else None."""
        if "authorization" in request.headers:
            return (400, "InvalidArgument", "Only one auth mechanism allowed; only the query "
                    "string or the Authorization header may be specified")
        if not request.query and getattr(self._accounts[account], "public_files", False):
            return None
        fields = request.query_fields()
        try:
            expires, epoch = int(fields["X-Expires"]), int(fields["X-Epoch"])
            given = fields["X-Signature"]
        except (KeyError, ValueError):
            return 403, "AccessDenied", "Access Denied"
        expected = self._signature(request.path, expires, epoch, request.method)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            return (403, "SignatureDoesNotMatch", "The request signature we calculated does "
                    "not match the signature you provided.")
        if expires <= time.time() * 1000 or epoch != self._epochs.get(account, 0):
            return 403, "AccessDenied", "Request has expired"
        return None

    def _signature(self, path, expires, epoch, method="GET"):
        text = f"{method}\n{path}\n{expires}\n{epoch}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def serve_file(file, request, fault):
    """A file or the one range of it that was asked for."""
    etag = _quoted(fault["etag"]) if "etag" in fault else file.etag
    headers = {"Content-Type": file.content_type, "ETag": etag, "Last-Modified": file.modified,
               "Content-Disposition": file.disposition}
    if request.headers.get("if-match", etag) not in (etag, "*"):
        return xml_error(412, "PreconditionFailed",
                         "At least one of the pre-conditions you specified did not hold")
    if request.headers.get("if-none-match") in (etag, "*"):
        return Response(304, headers, b"")
    if not fault.get("ranges", True):
        return Response(200, headers, file.body)
    headers["Accept-Ranges"] = "bytes"
    wanted = request.headers.get("range")
    if wanted is None or request.headers.get("if-range", etag) not in (etag, file.modified):
        return Response(200, headers, file.body)
    return _serve_range(file, wanted, headers)


def _serve_range(file, wanted, headers):
    match = RANGE.fullmatch(wanted)
    if not match or match[0] == "bytes=-":
        return Response(200, headers, file.body)
    size = file.body.size
    if match[1]:
        start, end = int(match[1]), min(int(match[2] or size - 1), size - 1)
    else:
        start, end = max(0, size - int(match[2])), size - 1
    if start >= size:
        response = xml_error(416, "InvalidRange", "The requested range is not satisfiable")
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    if end < start:
        return Response(200, headers, file.body)
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Response(206, headers, file.body, start, end - start + 1)


def _quoted(etag):
    return etag if etag.startswith(('"', "W/")) else f'"{etag}"'


def error(status, _fault):
    """The answer to a download for which a fault wants this status."""
    return xml_error(status, CODES.get(status, "InternalError"), "Made to fail.")


def xml_error(status, code, message):
    text = ('<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{code}</Code><Message>{escape(message, quote=False)}</Message></Error>\n")
    return Response(status, {"Content-Type": "application/xml"}, text.encode())
