"""A server that is started again whenever it was killed, which it does to itself within its second upload.

python -m tests.app.killed_server OPEN-SOCKET FOLDER-OF-REFERENCE-TABLES
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from app.api.guards.connections import GuardedProtocol
from app.api.routes import uploads
from app.main import create_app
from catalog.reference.tables.reading import ReferenceTables
from tests.reference_tables import in_place_of_shipped

BEFORE, AFTER, NEVER = "before it is stored", "before it is answered", "never"
MOMENTS = (BEFORE, AFTER, NEVER)


def killed(received: Callable[..., object], moment: str) -> Callable[..., object]:
    """`received`, within whose second call the process is killed."""
    count = 0

    def receiving(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count == 2 and moment == BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        receipt = received(*arguments)
        if count == 2 and moment == AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt

    return receiving


def serve(listening: socket.socket, moment: str) -> None:
    """Serve until this process is killed."""
    uploads._received = killed(uploads._received, moment)  # type: ignore[assignment]
    config = uvicorn.Config(create_app(), http=GuardedProtocol, ws="none", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    """Start a server for each moment, the next when the last was killed."""
    listening = socket.socket(fileno=int(sys.argv[1]))
    with in_place_of_shipped(ReferenceTables(Path(sys.argv[2]))):
        for moment in MOMENTS:
            child = os.fork()
            if not child:
                serve(listening, moment)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
