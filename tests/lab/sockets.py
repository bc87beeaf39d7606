"""Other ends of FreeSWITCH's event socket: a plain client to compare with, and a relay that counts."""

import socket
import threading

STEP = "sendmsg\ncall-command: execute\nexecute-app-name: {}\nexecute-app-arg: {}\n\n"

LOCKED = STEP.replace("\n\n", "\nevent-lock: true\n\n")


class Listening:
    """Serves each connection in a thread of its own."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self.reset()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        self.sent, self.received = 0, 0

    def bytes(self, calls):
        """Bytes from FreeSWITCH and to it, for each call."""
        return self.sent // calls, self.received // calls

    def count(self, sent=0, received=0):
        with self._lock:
            self.sent, self.received = self.sent + sent, self.received + received

    def close(self):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        with link:
            try:
                self.serve(link)
            except OSError:
                pass  # the other side has gone


class MyEvents(Listening):
    """What most programs on the event socket do: `myevents`, and one step after the other."""

    def __init__(self, sounds):
        self._steps = [("answer", "")] + [("playback", sound) for sound in sounds] + [("hangup", "")]
        super().__init__()

    def serve(self, link):
        steps = iter(self._steps)
        self._say(link, "connect\n\n")
        stream = link.makefile("rb")
        self._read(stream)
        self._say(link, "linger 5\n\n")
        self._say(link, "myevents\n\n")
        self._say(link, STEP.format(*next(steps)))
        while True:
            _, body = self._read(stream)
            if b"Event-Name: CHANNEL_HANGUP_COMPLETE\n" in body:
                self._say(link, "exit\n\n")
                return
            if b"Event-Name: CHANNEL_EXECUTE_COMPLETE\n" in body:
                step = next(steps, None)
                if step:
                    self._say(link, STEP.format(*step))

    def _say(self, link, text):
        self.count(received=len(text))
        link.sendall(text.encode())

    def _read(self, stream):
        head, length = b"", 0
        while True:
            line = stream.readline()
            if not line:
                raise OSError("closed")
            head += line
            if line == b"\n":
                break
            if line.startswith(b"Content-Length:"):
                length = int(line.split(b":")[1])
        body = stream.read(length)
        self.count(sent=len(head) + len(body))
        return head, body


class Bare(Listening):
    """The least that a client can be: says all steps at once, and listens to nothing."""

    def __init__(self, sounds):
        steps = [("answer", "")] + [("playback", sound) for sound in sounds] + [("hangup", "")]
        self._script = "connect\n\n" + "".join(LOCKED.format(*step) for step in steps)
        super().__init__()

    def serve(self, link):
        self.count(received=len(self._script))
        link.sendall(self._script.encode())
        while data := link.recv(65536):
            self.count(sent=len(data))


class Relay(Listening):
    """Passes everything on to a server on this machine, and counts it."""

    def __init__(self, port):
        self._to = port
        super().__init__()

    def serve(self, link):
        with socket.create_connection(("127.0.0.1", self._to)) as onward:
            back = threading.Thread(target=self._pass, args=(onward, link, "received"), daemon=True)
            back.start()
            self._pass(link, onward, "sent")
            back.join()

    def _pass(self, source, target, which):
        try:
            while data := source.recv(65536):
                self.count(**{which: len(data)})
                target.sendall(data)
        except OSError:
            pass  # one side has gone: so does the other
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
