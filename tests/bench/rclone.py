"""rclone's mount of one address, where rclone is installed: another program that people read with.

Its `http` looks at pages with links, and asks with HEAD how large a file is; a signed address is no
page and takes no HEAD. So it looks at a page of ours, and is sent on to the address for the bytes.
"""

import contextlib
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import process
from harness.process import run, wait_until

NAME = "orders.csv"
PAGE = f'<html><body><a href="{NAME}">{NAME}</a></body></html>'.encode()


def is_installed():
    return shutil.which("rclone") is not None


@contextlib.contextmanager
def mounted(bed, url, size):
    """The path of the file, which has that address and size."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.file_url, server.file_size = url, size
    threading.Thread(target=server.serve_forever, daemon=True).start()
    point = bed.new_folder()
    child = process.start(["rclone", "mount", ":http:", point, "--read-only", "--config", "/dev/null",
                           "--http-url", f"http://127.0.0.1:{server.server_port}/"])
    try:
        wait_until(lambda: run(["test", "-s", point / NAME]).returncode == 0, what="rclone mounts")
        yield point / NAME
    finally:
        run(["fusermount3", "-uz", point])
        process.end(child)
        server.shutdown()
        server.server_close()


class Page(BaseHTTPRequestHandler):
    """One link, and where it leads."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nobody asked."""

    def do_HEAD(self):
        size = self.server.file_size if self.path == f"/{NAME}" else len(PAGE)
        self._answer(200, {"Content-Length": size})

    def do_GET(self):
        if self.path == f"/{NAME}":
            self._answer(302, {"Location": self.server.file_url, "Content-Length": 0})
        else:
            self._answer(200, {"Content-Type": "text/html", "Content-Length": len(PAGE)})
            self.wfile.write(PAGE)

    def _answer(self, status, headers):
        self.send_response(status)
        for name, value in {**headers, "Accept-Ranges": "bytes"}.items():
            self.send_header(name, str(value))
        self.end_headers()
