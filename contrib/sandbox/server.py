"""The listening socket and one thread per connection.

A thread knows nothing but its socket and the handler it was given; all shared state is
behind the handler.
"""

import itertools
import socket
import sys
import threading
import time
import traceback

import http1

BACKLOG = 1024
ACCEPT_PAUSE = 0.05


def listen(host, port):
    """A bound, listening IPv4 socket; port 0 lets the kernel choose."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def serve_forever(listener, handle):
    """Accept connections; `handle(request, sock)` answers and says whether to go on."""
    for number in itertools.count(1):
        try:
            sock, _ = listener.accept()
        except OSError:
            time.sleep(ACCEPT_PAUSE)  # Out of descriptors: some connection will end.
            continue
        thread = threading.Thread(target=_converse, args=(sock, number, handle), daemon=True)
        thread.start()


def _converse(sock, number, handle):
    with sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = http1.Reader(sock, number)
            while (request := reader.next_request()) is not None:
                if not handle(request, sock):
                    return
        except http1.BadRequest as problem:
            _refuse(sock, problem)
        except OSError:
            pass  # The client went away; clients do.
        except Exception:
            traceback.print_exc(file=sys.stderr)


def _refuse(sock, problem):
    text = str(problem).encode()
    try:
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                     b"Content-Length: %d\r\n\r\n%b" % (len(text), text))
    except OSError:
        pass
