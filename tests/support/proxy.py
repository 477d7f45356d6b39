"""A TCP proxy between a worker and a service: it can cut its connections, or swallow what they carry."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Target = tuple[str, int] | Path  # an address, or a Unix socket


class Proxy:
    """Passes bytes on. What is connected while it swallows is dead for good, and nobody is told."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.swallows = False
        self._dead: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._all: set[socket.socket] = set()

    def serve(self) -> None:
        """Until the server is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.server.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            service = self._reach()
        except OSError:
            client.close()  # as a service that is away refuses
            return
        both = {client, service}
        self._open |= both
        self._all |= both
        if self.swallows:
            self._dead |= both
        for source, drain in ((client, service), (service, client)):
            threading.Thread(target=self._pump, args=(source, drain), daemon=True).start()

    def _reach(self) -> socket.socket:
        if not isinstance(self.target, Path):
            return socket.create_connection(self.target)
        service = socket.socket(socket.AF_UNIX)
        self._all.add(service)
        service.connect(str(self.target))
        return service

    def _pump(self, source: socket.socket, drain: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if source not in self._dead:
                    drain.sendall(data)
        if source not in self._dead:
            for one in (source, drain):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Close every connection; new ones work."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        """End everything."""
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self._open |= self._all
        self.cut()
        for one in list(self._all):
            one.close()

    def swallow(self) -> None:
        """From now on nothing arrives, and no connection is closed."""
        self.swallows = True
        self._dead |= self._open

    def mend(self) -> None:
        """New connections work; the old ones stay dead."""
        self.swallows = False


@contextmanager
def proxy(target: Target) -> Iterator[Proxy]:
    """A proxy as long as the block lasts."""
    one = Proxy(target)
    thread = threading.Thread(target=one.serve, daemon=True)
    thread.start()
    yield one
    one.close()
    thread.join(5)
