"""Programs that fork instead of starting: what they import is imported once.

The server forks for each call, and the child takes over the caller's streams, folder, variables and
arguments. The client is small: it imports nothing but the standard library.
"""

import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

_MOST_BYTES = 2**20

CLIENT = """\
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    call = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
    socket.send_fds(server, [len(call).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(call)
    sys.exit(int(server.recv(16) or b"70"))
"""
"""The program of a client. {address!r} is that of the server."""


def serve(address: Path, run: Callable[[], None]) -> None:
    """Answer calls at `address` until this process is ended. `run` is the program."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()
        print("ready", flush=True)
        while True:
            connection, _ = listening.accept()
            if os.fork():
                connection.close()
                continue
            listening.close()
            _answer(connection, run)


def _answer(connection: socket.socket, run: Callable[[], None]) -> None:
    if os.fork():  # the grandchild is nobody's to wait for
        os._exit(0)
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    call = b""
    while len(call) < int.from_bytes(head, "big"):
        call += connection.recv(_MOST_BYTES)
    arguments, variables, folder = json.loads(call)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[1:] = arguments
    code = 0
    try:
        run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - the caller sees it as that of any program
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(code).encode())
    os._exit(0)
