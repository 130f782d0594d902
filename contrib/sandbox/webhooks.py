"""Webhooks: what the vendors send by themselves when something is done, signed as they sign it.

Nothing else here runs in the background: a thread looks for what got done since it last looked,
from the moment an address is given, and another one sends. What is not taken is sent again.
"""

import hashlib
import hmac
import http.client
import json
import queue
import threading
import time
from urllib.parse import urlsplit

from http1 import quote_segment
from jobevents import BadEvent, check

LOOK_SECONDS = 0.02
TRIES = 5
FIRST_PAUSE = 0.2  # Doubled each time; the vendors wait for longer.
TIMEOUT = 30
ADDRESS = {"url": (str, type(None)), "secret": (str, type(None)), "header": str}
WISHES = {"id": str, "url": str, "secret": str, "signature": str, "repeat": bool, "bytes": int,
          "body": str, "rewritten": bool, "slow_bytes_per_s": int, "verb": str}
SIGNATURES = ("good", "none", "wrong", "other-body")


class Target:
    """Where the webhooks of an account go, and how they are signed."""

    def __init__(self, api, url, secret=None, header=None):
        self.api = api
        self.url = url
        self.secret = secret
        self.header = header
        self.told = set(api.tellable())
        self.last = None  # (headers, body) of the last one


class Webhooks:
    """All of them; `apis` maps account names to objects with `tellable` and `webhook`."""

    def __init__(self, apis):
        self._apis = apis
        self._lock = threading.Lock()
        self._targets = {}
        self._sent = []
        self._queue = queue.SimpleQueue()
        self._started = False

    def set(self, api, fields):
        """Send what gets done from now on; nothing any more without a `url`."""
        check(fields, ADDRESS)
        if not hasattr(api, "webhook"):
            raise BadEvent(f"{api.name} sends no webhooks")
        with self._lock:
            if fields.get("url") is None:
                self._targets.pop(api.name, None)
                return {}
            self._targets[api.name] = Target(api, **fields)
            if not self._started:
                self._started = True
                for work in (self._watch, self._deliver):
                    threading.Thread(target=work, daemon=True).start()
        return {}

    def sent(self):
        """What was sent so far, oldest first."""
        with self._lock:
            return {"webhooks": list(self._sent)}

    def send(self, api, fields):
        """Send one now, and tell how that went; with whatever is to be wrong about it."""
        check(fields, WISHES)
        if fields.get("signature", "good") not in SIGNATURES:
            raise BadEvent(f"a signature is {', '.join(SIGNATURES)}")
        with self._lock:
            target = self._targets.get(api.name)
        if target is None:
            raise BadEvent("no address was given: POST /control/webhook")
        headers, body = _compose(target, fields)
        return _post(fields.get("url", target.url), headers, body, fields)

    def look(self):
        """Queue what got done since the last look."""
        with self._lock:
            for target in self._targets.values():
                done = target.api.tellable()
                for key in [key for key in done if key not in target.told]:
                    self._queue.put((target, key))
                target.told.update(done)

    def _watch(self):
        while True:
            time.sleep(LOOK_SECONDS)
            self.look()

    def _deliver(self):
        while True:
            target, key = self._queue.get()
            headers, body = _compose(target, {"id": key})
            pause, answers = FIRST_PAUSE, []
            for _ in range(TRIES):
                told = _post(target.url, headers, body, {})
                answers.append(told["status"])
                if told["status"] is not None and told["status"] < 500:
                    break
                time.sleep(pause)
                pause *= 2
            with self._lock:
                self._sent.append({"account": target.api.name, "id": key, "answers": answers,
                                   "ms": told["ms"]})


def _compose(target, fields):
    """Headers and body of a webhook."""
    if fields.get("repeat"):
        if target.last is None:
            raise BadEvent("nothing was sent so far")
        return target.last
    body = fields.get("body")
    if body is None:
        message = target.api.webhook(fields.get("id", ""))
        if "bytes" in fields:
            message["padding"] = ""
            message["padding"] = "x" * max(0, fields["bytes"] - len(json.dumps(message)))
        body = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    body = body.encode("utf-8", "surrogateescape")
    signed = body
    if fields.get("rewritten"):
        signed = json.dumps(json.loads(body)).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "sandbox",
               **_signature(target, fields, signed)}
    target.last = headers, body
    return target.last


def _signature(target, fields, body):
    kind = fields.get("signature", "good")
    if kind == "none":
        return {}
    secret = fields.get("secret", target.secret)
    if kind == "other-body":
        body = body + b" "
    name, value = target.api.webhook_signature(secret, body)
    if kind == "wrong":
        value = ("1" if value[0] == "0" else "0") + value[1:]
    return {target.header or name: value}


def hmac_hex(secret, body):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _post(url, headers, body, fields):
    """{"status": …, "ms": …}; the status is null when there is no answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
    path = "/".join(quote_segment(part) for part in parts.path.split("/"))
    began = time.monotonic()
    try:
        if "slow_bytes_per_s" in fields:
            return {"status": _trickle(connection, path, headers, body, fields), "ms": None}
        connection.request(fields.get("verb", "POST"), path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        status = None
    finally:
        connection.close()
    return {"status": status, "ms": round((time.monotonic() - began) * 1000, 1)}


def _trickle(connection, path, headers, body, fields):
    """A few bytes a second, until the other side has had enough: that is null."""
    connection.connect()
    lines = [f"POST {path} HTTP/1.1", f"Host: {connection.host}",
             f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    message = "\r\n".join(lines).encode("latin-1") + body
    for start in range(len(message)):
        connection.sock.sendall(message[start:start + 1])
        time.sleep(1 / fields["slow_bytes_per_s"])
    answer = connection.sock.recv(100)
    return int(answer.split()[1]) if answer else None
