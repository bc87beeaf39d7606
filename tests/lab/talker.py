"""A customer's server for media streams: a small WebSocket server (RFC 6455) that remembers what it was sent and says what a case wants."""

import base64
import hashlib
import json
import socket
import struct
import threading
import time

from media import until

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Talker:
    """Takes one stream after the other; `said` is called with each message of the running one."""

    def __init__(self, answer=None):
        """`answer`: called with this server and each message, as it comes."""
        self.answer = answer
        self.requests = []  # heads of handshakes
        self.messages = []  # (moment, message)
        self.closed = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._link = None
        self._over = False
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self._socket.getsockname()[1]}/audio"

    def events(self, name):
        return [message for _, message in list(self.messages) if message.get("event") == name]

    def wait_for(self, name, count=1, timeout=10):
        """Waits for messages; gives whether they came."""
        return until(lambda: len(self.events(name)) >= count, timeout)

    def say(self, message):
        self._send(1, json.dumps(message).encode())

    def hang_up(self):
        """Closes the stream as a server does."""
        self._send(8, struct.pack("!H", 1000))

    def close(self):
        self._over = True
        for part in (self._link, self._socket):
            if part:
                part.close()

    def _serve(self):
        while not self._over:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            self._link = link
            try:
                self._converse(link)
            except OSError:
                pass
            finally:
                self.closed.set()
                link.close()

    def _converse(self, link):
        stream = link.makefile("rb")
        head = {}
        for line in iter(stream.readline, b"\r\n"):
            if not line:
                return
            name, _, value = line.decode().strip().partition(": ")
            head[name.lower()] = value
        self.requests.append(head)
        accept = base64.b64encode(hashlib.sha1((head["sec-websocket-key"] + MAGIC).encode()).digest()).decode()
        link.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        while True:
            kind, payload = read_frame(stream)
            if kind == 8:
                self._send(8, payload[:2])
                return
            if kind == 1:
                message = json.loads(payload)
                self.messages.append((time.monotonic(), message))
                if self.answer:
                    self.answer(self, message)

    def _send(self, kind, payload):
        size = len(payload)
        head = bytes([0x80 | kind]) + (bytes([size]) if size < 126 else struct.pack("!BH", 126, size) if size < 65536 else struct.pack("!BQ", 127, size))
        try:
            self._link.sendall(head + payload)
        except OSError:
            pass  # the stream is over


def read_frame(stream):
    first, second = read(stream, 2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", read(stream, 2))
    elif size == 127:
        (size,) = struct.unpack("!Q", read(stream, 8))
    mask = read(stream, 4) if second & 0x80 else bytes(4)
    payload = read(stream, size)
    return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def read(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise OSError("the stream ended")
    return data
