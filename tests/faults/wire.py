"""A way over the network to a server's socket; whoever kills the wire cuts all connections."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from pathlib import Path

from tests.faults.company import Fork


class Wire(Fork):
    """Carries bytes between a port of this machine and a socket.

    Attributes:
        url: where it begins; it stays the same when the wire is cut and laid again.
    """

    def __init__(self, to: Path, errors: Path) -> None:
        super().__init__("the wire", lambda: asyncio.run(_carry(self._listener, to)), errors)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgresql://postgres@127.0.0.1:{self._listener.getsockname()[1]}/postgres"


async def _carry(listener: socket.socket, to: Path) -> None:
    async def connect(reader: StreamReader, writer: StreamWriter) -> None:
        try:
            beyond_reader, beyond_writer = await asyncio.open_unix_connection(to)
        except OSError:  # no server is there now
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, beyond_writer), _pass_on(beyond_reader, writer))

    async with await asyncio.start_server(connect, sock=listener) as server:
        await server.serve_forever()


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):  # one side is gone: the other is told by the end of the stream
        while some := await reader.read(1 << 16):
            writer.write(some)
            await writer.drain()
    writer.close()
