"""From a request to an answer: whose it is, what goes wrong with it, and the log of it."""

import sys
import time

import faults as fault_rules
import http1
import storage

UNKNOWN = "unknown"


class Dispatcher:
    """Called by every connection's thread for every request."""

    def __init__(self, apis, files, control, faults, log, latency_ms, verbose):
        self._apis = apis
        self._files = files
        self._control = control
        self._faults = faults
        self._log = log
        self._latency_ms = latency_ms
        self._verbose = verbose

    def handle(self, request, sock):
        """Answer a request; returns whether the connection can be used again."""
        if request.path.startswith("/control/"):
            response = self._control.answer(request)
            return http1.send(sock, request, response, {}, lambda count: None)
        account, operation, act, error = self._route(request)
        entry = self._log.begin(request, account, operation)
        fault = self._faults.take(account, operation)
        try:
            self._wait(fault)
            keep_alive = self._answer(request, sock, fault, entry, act, error)
        finally:
            entry.over = True
        if fault.get("reset"):
            http1.close_with_reset(sock)
            return False
        return keep_alive

    def _answer(self, request, sock, fault, entry, act, error):
        if fault.get("hang"):
            http1.wait_for_close(sock)
            return False
        if fault.get("drop") == "before":
            return False
        response = fault_rules.answer(fault, request, lambda: act(fault), error)
        if fault.get("drop") == "after":
            return False
        entry.status = response.status
        if self._verbose:
            print(request.method, request.path, response.status, file=sys.stderr)
        return http1.send(sock, request, response, fault, entry.count_sent)

    def _route(self, request):
        """(account, operation, action, maker of errors) for a path of an API or storage."""
        first = request.path.split("/", 2)[1] if request.path.startswith("/") else ""
        if first == "storage":
            found = self._files.route(request)
            if found:
                return (found[0], "download",
                        lambda fault: self._files.answer(*found, request, fault),
                        storage.error)
        elif first in self._apis:
            return self._route_in(self._apis[first], request)
        return None, UNKNOWN, lambda fault: storage.error(404, fault), storage.error

    def _route_in(self, api, request):
        found = api.route(request)
        if found is None:
            return api.name, UNKNOWN, lambda fault: api.error(404, fault), api.error
        operation, arguments = found
        return (api.name, operation,
                lambda fault: api.answer(operation, arguments, request, fault), api.error)

    def _wait(self, fault):
        delay_ms = self._latency_ms + fault.get("delay_ms", 0)
        if delay_ms:
            time.sleep(delay_ms / 1000)
