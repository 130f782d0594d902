#!/usr/bin/python3
"""Vendor APIs on loopback: for trying orderfs without an account, and for testing it.

    sandbox.py --listen 127.0.0.1:8080 --config-out accounts.yaml

Prints one line, `listening on http://127.0.0.1:8080`, when it can be used. README.md
beside this file tells the rest.
"""

import argparse
import importlib
import json
import os
import signal
import sys

import server
from control import Control
from dispatch import Dispatcher
from faults import Faults
from requestlog import RequestLog
from storage import Storage
from webhooks import Webhooks

# Each is a module in apis/, loaded when it is wanted: what speaks GraphQL takes its time.
APIS = {"elasticpath": "ElasticPath", "eneba": "Eneba", "wock": "Wock", "next": "Next",
        "saleor": "Saleor"}


def parse_arguments():
    parser = argparse.ArgumentParser(description="Vendor export APIs on loopback, for orderfs.")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0",
                        help="address to listen on; port 0 chooses one (%(default)s)")
    parser.add_argument("--config-out", metavar="FILE",
                        help="write an accounts file for orderfs here")
    parser.add_argument("--accounts", metavar="NAME,…", type=_names,
                        default=list(APIS), help="speak these APIs only (default: all)")
    parser.add_argument("--orders", metavar="N", type=_natural, default=12,
                        help="export jobs that exist at start (%(default)s)")
    parser.add_argument("--export-seconds", metavar="S", type=_duration, default=2.0,
                        help="how long an export takes (%(default)s)")
    parser.add_argument("--url-seconds", metavar="S", type=_duration, default=60.0,
                        help="how long a download URL lives (%(default)s)")
    parser.add_argument("--token-seconds", metavar="S", type=_natural, default=3600,
                        help="how long an access token lives (%(default)s)")
    parser.add_argument("--page-size", metavar="N", type=_natural, default=0,
                        help="rows in one list answer; 0 for all in one (%(default)s)")
    parser.add_argument("--latency-ms", metavar="N", type=_natural, default=0,
                        help="wait before each answer (%(default)s)")
    parser.add_argument("--seed", metavar="N", type=int, default=1,
                        help="everything made up follows from this number (%(default)s)")
    parser.add_argument("--state", metavar="DIR",
                        help="keep jobs here across restarts (default: in memory only)")
    parser.add_argument("--verbose", action="store_true",
                        help="tell each request on standard error")
    return parser.parse_args()


def _names(text):
    names = text.split(",")
    if not set(names) <= set(APIS):
        raise argparse.ArgumentTypeError(f"there are: {', '.join(APIS)}")
    return [name for name in APIS if name in names]


def _natural(text):
    number = int(text)
    if number < 0:
        raise ValueError("negative")
    return number


def _duration(text):
    seconds = float(text)
    if seconds < 0:
        raise ValueError("negative")
    return seconds


def make_handler(options, host, port):
    """Everything behind the socket, and the accounts that can be used with it."""
    apis = {}
    # Vendors keep files on another host than the API: here it differs in name only.
    files_host = "localhost" if host == "127.0.0.1" else host
    files = Storage(f"http://{files_host}:{port}", f"storage {options.seed}",
                    options.url_seconds, apis)
    for name in options.accounts:
        api = getattr(importlib.import_module(f"apis.{name}"), APIS[name])
        url = f"http://{host}:{port}/{name}"
        apis[name] = api(options, url, files, _state_path(options.state, name))
    faults, log = Faults(), RequestLog()
    control = Control(apis, files, faults, log, Webhooks(apis))
    dispatcher = Dispatcher(apis, files, control, faults, log, options.latency_ms,
                            options.verbose)
    return dispatcher.handle, {name: api.account() for name, api in apis.items()}


def _state_path(directory, name):
    if directory is None:
        return None
    os.makedirs(directory, exist_ok=True)
    return os.path.join(directory, f"{name}-jobs.json")


def write_accounts(path, accounts):
    """An accounts file for orderfs; it holds secrets, so it is nobody else's to read."""
    lines = ["# Written by the orderfs sandbox.", "accounts:"]
    for name, settings in accounts.items():
        lines.append(f"  {name}:")
        lines += [f"    {key}: {_yaml(value)}" for key, value in settings.items()]
    fresh = f"{path}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(fresh, path)


def _yaml(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if value.isalnum() else json.dumps(value)


def main():
    # A thread may be in the middle of anything, and nothing needs an orderly end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    options = parse_arguments()
    host, _, port = options.listen.rpartition(":")
    try:
        listener = server.listen(host, int(port))
    except (OSError, OverflowError, ValueError) as problem:
        sys.exit(f"sandbox: cannot listen on {options.listen}: {problem}")
    port = listener.getsockname()[1]
    handle, accounts = make_handler(options, host, port)
    if options.config_out:
        write_accounts(options.config_out, accounts)
    print(f"listening on http://{host}:{port}", flush=True)
    server.serve_forever(listener, handle)


if __name__ == "__main__":
    main()
