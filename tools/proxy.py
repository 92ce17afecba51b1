"""One port for a multi-process Odoo, as nginx gives it in production.

Odoo's worker processes answer pages and calls; web sockets belong to another port of its own. A
connection goes where its first request line says: browsers open a new one for a web socket.
"""

import asyncio
import threading

HOST = "127.0.0.1"
WEB_SOCKET = b"/websocket"
CHUNK = 65536


class Proxy:
    """Forwards one port to two; runs in a thread of its own until it is stopped.

    :param int port: where to listen
    :param int pages: the port of Odoo's workers
    :param int sockets: the port of Odoo's web sockets
    """

    def __init__(self, port, pages, sockets):
        self.port = port
        self.pages = pages
        self.sockets = sockets
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def start(self):
        """Listen; an error to do so is raised here, in the caller's thread."""
        listening = asyncio.start_server(self._serve, HOST, self.port)
        self._server = self._loop.run_until_complete(listening)
        self._thread.start()

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _target(self, first):
        path = first.split(b" ", 2)[1] if first.count(b" ") > 1 else b""
        return self.sockets if path.startswith(WEB_SOCKET) else self.pages

    async def _serve(self, reader, writer):
        """Connect both ends and carry bytes both ways until one side is done."""
        try:
            first = await reader.read(CHUNK)
            if not first:
                return
            inner_reader, inner_writer = await asyncio.open_connection(HOST, self._target(first))
            inner_writer.write(first)
            await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))
        except OSError:
            pass  # either side may go at any time
        finally:
            writer.close()


async def _carry(reader, writer):
    """Copy until the end, then close the other side, which ends the way back too."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
