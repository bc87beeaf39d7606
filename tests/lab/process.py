"""Programs that the lab starts, each ended by its own pid."""

import os
import signal
import subprocess


class Program:
    """A running program with its output in a file."""

    def __init__(self, command, log, env=None, cwd=None):
        self.log = log
        self._output = open(log, "ab")
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def wait(self, timeout):
        """The exit code, or None if it still runs."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number):
        if self.running():
            self._process.send_signal(number)

    def stop(self, grace=5):
        """Asks it to end; makes it end after the grace."""
        if self.running():
            self._process.terminate()
            if self.wait(grace) is None:
                self.kill()
        self._output.close()
        return self._process.returncode

    def kill(self):
        self.signal(signal.SIGKILL)
        self._process.wait()

    def text(self):
        """What it has written."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()
