"""The control API: faults, events, the request log, and a look behind the scenes.

JSON in, JSON out, no authentication; never logged and never subject to faults.
"""

import json

import storage
from faults import BadFault
from http1 import json_text_response
from jobevents import BadEvent


class NotThere(LookupError):
    """The control path, account or file asked for does not exist."""


class Control:
    """Answers everything below /control/."""

    def __init__(self, apis, files, faults, log, webhooks):
        self._apis = apis
        self._files = files
        self._faults = faults
        self._log = log
        self._webhooks = webhooks

    def answer(self, request):
        parts = request.segments()[1:]
        try:
            if parts[0] == "file" and len(parts) == 2 and request.method in ("GET", "HEAD"):
                return self._file(parts[1], request)
            handler = self._handlers.get((request.method, "/".join(parts)))
            if handler is None:
                raise NotThere("no such control path")
            return _answer(200, handler(self, request))
        except NotThere as problem:
            return _answer(404, {"error": str(problem)})
        except (BadFault, BadEvent, ValueError, TypeError) as problem:
            return _answer(400, {"error": str(problem)})

    def _add_fault(self, request):
        fault = _object(request)
        if fault.get("account") != "*":
            self._api(fault.get("account"))
        return {"id": self._faults.add(fault)}

    def _list_faults(self, _request):
        return {"faults": self._faults.listed()}

    def _clear_faults(self, _request):
        self._faults.clear()
        return {}

    def _event(self, request):
        fields = _object(request)
        account = fields.pop("account", None)
        api = self._api(account)
        name = fields.pop("event", None)
        if name == "expire_urls":
            self._files.expire_all(account)
            return {}
        told = api.event(name, fields)
        self._webhooks.look()
        return told

    def _set_webhook(self, request):
        fields = _object(request)
        return self._webhooks.set(self._api(fields.pop("account", None)), fields)

    def _send_webhook(self, request):
        fields = _object(request)
        return self._webhooks.send(self._api(fields.pop("account", None)), fields)

    def _list_webhooks(self, _request):
        return self._webhooks.sent()

    def _list_requests(self, request):
        fields = request.query_fields()
        return {"requests": self._log.select(fields.get("account"), fields.get("operation"),
                                             int(fields.get("since", 0)))}

    def _clear_requests(self, _request):
        self._log.clear()
        return {}

    def _list_jobs(self, request):
        wanted = request.query_fields().get("account")
        apis = self._apis.values() if wanted is None else [self._api(wanted)]
        return {"jobs": [{"account": api.name, **job}
                         for api in apis for job in api.jobs_described()]}

    def _file(self, key, request):
        """A job's file without signature, so that tests can compare."""
        fields = request.query_fields()
        account = fields.get("account", next(iter(self._apis)))
        file = self._api(account).stored_file(key, False)
        if file is None:
            raise NotThere("no such file")
        return storage.serve_file(file, request, {})

    def _api(self, account):
        if account not in self._apis:
            raise NotThere(f"no account {account}")
        return self._apis[account]

    _handlers = {
        ("POST", "faults"): _add_fault,
        ("GET", "faults"): _list_faults,
        ("DELETE", "faults"): _clear_faults,
        ("POST", "event"): _event,
        ("GET", "requests"): _list_requests,
        ("DELETE", "requests"): _clear_requests,
        ("GET", "jobs"): _list_jobs,
        ("POST", "webhook"): _set_webhook,
        ("POST", "webhook/send"): _send_webhook,
        ("GET", "webhooks"): _list_webhooks,
    }


def _answer(status, value):
    """People read these answers in a terminal, so they end with a newline."""
    return json_text_response(status, json.dumps(value) + "\n")


def _object(request):
    try:
        value = json.loads(request.body)
    except ValueError:
        raise ValueError("the body is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("the body is not a JSON object")
    return value
