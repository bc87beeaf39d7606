"""The customer's web server: gives documents, remembers every request."""

import json
import socket
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = {"json": "application/json", "xml": "text/xml", "wav": "audio/x-wav", "txt": "text/plain"}


class Request:
    """What pivot (or FreeSWITCH) asked."""

    def __init__(self, method, path, query, headers, body):
        self.at, self.method, self.path, self.headers, self.body = time.monotonic(), method, path, headers, body
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        text, kind = body.decode("utf-8", "replace"), headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            self.fields = json.loads(text)
        else:
            self.fields = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        # Parameters, wherever they were carried.
        self.params = {**self.query, **self.fields}

    def __repr__(self):
        return f"{self.method} {self.path} {self.params}"


class Answer:
    """What the web server gives for a path."""

    def __init__(self, body="", kind="json", status=200, delay=0.0, headers=None):
        self.body = body if isinstance(body, bytes) else body.encode()
        self.kind, self.status, self.delay, self.headers = KINDS.get(kind, kind), status, delay, headers or {}


class Customer:
    def __init__(self):
        self.requests, self._answers, self._lock = [], {}, threading.Condition()
        customer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                customer._serve(self)

            do_POST = do_PUT = do_HEAD = do_GET

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 100

            def handle_error(self, *_):
                pass  # a client that goes away early is part of several cases

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def give(self, path, *answers):
        """What to answer on a path: one after the other, the last one for ever."""
        with self._lock:
            self._answers[path] = list(answers)

    def seen(self, path):
        """The requests on a path so far."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def wait(self, path, count=1, timeout=10):
        """Waits for so many requests on a path and gives those that came."""
        end = time.monotonic() + timeout
        with self._lock:
            while True:
                found = [request for request in self.requests if request.path == path]
                left = end - time.monotonic()
                if len(found) >= count or left <= 0:
                    return found
                self._lock.wait(left)

    def _serve(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        url = urllib.parse.urlsplit(handler.path)
        request = Request(handler.command, url.path, url.query, handler.headers, body)
        with self._lock:
            self.requests.append(request)
            answers = self._answers.get(url.path, [Answer("no such page", "txt", 404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self._lock.notify_all()
        time.sleep(answer.delay)
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.kind)
        handler.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer.body)


def free_port(kind=socket.SOCK_DGRAM):
    """A port on loopback that nobody uses at the moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
