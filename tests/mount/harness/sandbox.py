"""contrib/sandbox/sandbox.py as an object: started, controlled and ended."""

import http.client
import json
import os
import signal
from urllib.parse import quote

from harness import forks, process


class Sandbox:
    """One sandbox on a free port of its own, with one account unless more are named. Options are
    those of its command line: `Sandbox(folder, orders=12, export_seconds=0.3, page_size=0)`."""

    def __init__(self, folder, accounts="elasticpath", **options):
        self.folder = folder
        self._options = {"accounts": accounts, **options}
        self._port = 0
        self._child = None
        self.start()

    def start(self):
        """Run it; after stop() on the same port. Jobs survive only with `state=DIR`."""
        out = self.folder / "sandbox.out"
        config = self.folder / "sandbox.yaml"
        command = ["--listen", f"127.0.0.1:{self._port}", "--config-out", config]
        for name, value in self._options.items():
            command += [f"--{name.replace('_', '-')}", value]
        with (open(os.devnull, "rb") as stdin, open(out, "wb") as stdout,
              open(self._errors, "ab") as stderr):
            self._child = forks.start("sandbox", command, stdin, stdout, stderr)
        process.RUNNING.add(self._child)
        process.wait_until(lambda: out.read_text().endswith("\n") or not self.running,
                           what="the sandbox listens")
        assert self.running, f"the sandbox does not start: {self.stderr()}"
        self._port = int(out.read_text().rpartition(":")[2])
        self.accounts = read_accounts(config)

    @property
    def _errors(self):
        return self.folder / "sandbox.err"

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    @property
    def account(self):
        """The name of the first account."""
        return next(iter(self.accounts))

    @property
    def running(self):
        return self._child.poll() is None

    def stderr(self):
        return self._errors.read_text(errors="replace")

    def stop(self):
        """End it: connections are refused from now on."""
        if self.running:
            self._child.send_signal(signal.SIGTERM)
        process.wait_until(lambda: not self.running, what="the sandbox ends")
        process.RUNNING.discard(self._child)

    def finish(self):
        process.end(self._child)

    def frozen(self):
        """The same; what is begun from now on stays as it is until a test says so."""
        self.event("freeze")
        return self

    def fault(self, operation, account=None, **fields):
        """Make requests fail: `fault("getAJob", status=500, times=2)`. Gives the fault's id."""
        return self._json("POST", "faults", account=account or self.account,
                          operation=operation, **fields)["id"]

    def faults(self):
        """The faults that are set, with how often each `fired`."""
        return self._json("GET", "faults")["faults"]

    def clear_faults(self):
        self._json("DELETE", "faults")

    def event(self, event, account=None, **fields):
        """Make something happen: `event("job", id="big", bytes=5_000_000_000)`."""
        return self._json("POST", "event", account=account or self.account, event=event,
                          **fields)

    def webhooks_to(self, url, account=None, **fields):
        """Send webhooks there from now on, with the `secret`, if there is one."""
        self._json("POST", "webhook", account=account or self.account, url=url, **fields)

    def webhook(self, account=None, **fields):
        """Send one now, such as `webhook(id="42", signature="wrong")`; gives the answer's status,
        None when there is none."""
        return self._json("POST", "webhook/send", account=account or self.account,
                          **fields)["status"]

    def webhooks(self):
        """Those that were sent by themselves: `id` and the `answers` until one was taken."""
        return self._json("GET", "webhooks")["webhooks"]

    def requests(self, operation=None, since=0):
        """The requests so far, oldest first, numbered `n` > `since`."""
        wanted = f"?since={since}" + (f"&operation={operation}" if operation else "")
        return self._json("GET", f"requests{wanted}")["requests"]

    def downloads(self):
        """The requests for contents of files; those that ask just for a size are left out."""
        return [request for request in self.requests("download")
                if request["range"] != "bytes=0-0"]

    def clear_requests(self):
        """Empty the log: what follows is counted from here."""
        self._json("DELETE", "requests")

    def jobs(self, account=None):
        """All jobs, newest first, each with `id`, `status`, `filter`, `bytes`."""
        return self._json("GET", f"jobs?account={account or self.account}")["jobs"]

    def raw_file(self, job_id, account=None, first=None, last=None):
        """The bytes of a job's file, or of a range of it, as they must arrive."""
        headers = {} if first is None else {"Range": f"bytes={first}-{last}"}
        key = quote(job_id, safe="", errors="surrogatepass")
        return self._ask("GET", f"file/{key}?account={account or self.account}", None, headers)

    def _json(self, method, path, **fields):
        body = json.dumps(fields) if fields else None
        return json.loads(self._ask(method, path, body, {}))

    def _ask(self, method, path, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, f"/control/{path}", body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        assert answer.status in (200, 206), f"{method} /control/{path}: {content!r}"
        return content


def read_accounts(path):
    """The accounts file that the sandbox writes: two levels of `key: value`, no more."""
    accounts = {}
    for line in path.read_text().splitlines():
        key, _, value = line.strip().partition(":")
        if line.startswith("    "):
            accounts[name][key] = _scalar(value.strip())
        elif line.startswith("  "):
            name = key
            accounts[name] = {}
    return accounts


def _scalar(text):
    if text in ("yes", "no"):
        return text == "yes"
    return json.loads(text) if text.startswith('"') else text
