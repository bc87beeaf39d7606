"""The ears, mouth and fingers of a test phone: RTP in G.711 µ-law, keys by RFC 2833."""

import math
import random
import socket
import struct
import threading
import time

FRAME = 160  # samples in 20 ms
SILENCE = b"\xff" * FRAME
KEYS = "0123456789*#ABCD"


def linear(code):
    """One µ-law byte as a 16-bit sample."""
    code = ~code & 0xFF
    value = ((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)
    return 0x84 - value if code & 0x80 else value - 0x84


LINEAR = [linear(code) for code in range(256)]


def mulaw(sample):
    """One 16-bit sample as a µ-law byte."""
    sign = 0x80 if sample < 0 else 0
    sample = min(abs(sample), 32635) + 0x84
    exponent = sample.bit_length() - 8
    return ~(sign | exponent << 4 | sample >> exponent + 3 & 0x0F) & 0xFF


def tone(hertz, seconds, level=8000):
    """A sine as 16-bit samples at 8 kHz."""
    count = int(seconds * 8000)
    return [int(level * math.sin(2 * math.pi * hertz * i / 8000)) for i in range(count)]


def strength(samples, hertz):
    """The share of the samples' energy that lies at one frequency (Goertzel), 0 to 1."""
    energy = sum(x * x for x in samples)
    if energy < 1000 * len(samples):
        return 0.0
    step = 2 * math.cos(2 * math.pi * hertz / 8000)
    before, last = 0.0, 0.0
    for x in samples:
        before, last = last, x + step * last - before
    power = before * before + last * last - step * before * last
    return min(1.0, 2 * power / (energy * len(samples)))


def voice(hertz):
    """A second of a pitch in frames; 0 is silence."""
    return [bytes(map(mulaw, tone(hertz, 1)[i : i + FRAME])) for i in range(0, 8000, FRAME)] if hertz else [SILENCE]


class Handset:
    """One RTP end point on loopback. It sends a frame every 20 ms as soon as it knows where to."""

    def __init__(self, speaks=0):
        """`speaks`: the pitch it sends all the time, Hz; 0 for silence."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self.peer = None
        self.heard = []  # (moment, samples) of every frame received
        self.pressed = []  # keys received by RFC 2833, as (moment, key)
        self._voice = voice(speaks)
        self._keys = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._talk)]
        for thread in self._threads:
            thread.start()

    def close(self):
        self._closed.set()
        for thread in self._threads:
            thread.join(1)
        self.socket.close()

    def type(self, keys, gap=0.1):
        """Presses keys one after the other, each for 100 ms."""
        with self._lock:
            self._keys += [(key, gap) for key in keys]

    def voice(self, hertz):
        """Sends this pitch from now on; 0 for silence."""
        self._voice = voice(hertz)

    def typing(self):
        """Whether keys are still being pressed."""
        with self._lock:
            return bool(self._keys)

    # What was heard

    def seconds_of(self, hertz, since=0.0):
        """How long a pitch was heard, seconds."""
        return sum(strength(samples, hertz) > 0.5 for at, samples in list(self.heard) if at >= since) / 50

    def seconds_of_sound(self, since=0.0):
        """How long anything was heard that is not silence, seconds."""
        loud = (sum(map(abs, samples)) / len(samples) > 100 for at, samples in list(self.heard) if at >= since)
        return sum(loud) / 50

    def last_sound(self):
        """When something was heard last (a `time.monotonic` moment), or None."""
        loud = [at for at, samples in list(self.heard) if sum(map(abs, samples)) / len(samples) > 100]
        return loud[-1] if loud else None

    def wait_for(self, hertz, seconds=0.1, timeout=10):
        """Waits until a pitch has been heard for so long. False if it was not."""
        return until(lambda: self.seconds_of(hertz) >= seconds, timeout)

    def wait_for_sound(self, seconds=0.2, timeout=10):
        return until(lambda: self.seconds_of_sound() >= seconds, timeout)

    # The wire

    def _listen(self):
        last_key = None
        while not self._closed.is_set():
            try:
                packet, sender = self.socket.recvfrom(2048)
            except (TimeoutError, OSError):
                continue
            if len(packet) < 13:
                continue
            self.peer = self.peer or sender
            kind, stamp, payload = packet[1] & 0x7F, packet[4:8], packet[12:]
            if kind == 0:
                self.heard.append((time.monotonic(), [LINEAR[b] for b in payload]))
            elif kind == 101 and len(payload) >= 4 and stamp != last_key:
                last_key = stamp
                if payload[0] < len(KEYS):
                    self.pressed.append((time.monotonic(), KEYS[payload[0]]))

    def _talk(self):
        self._sequence, self._stamp = random.randrange(30000), random.randrange(1 << 30)
        self._source = random.randrange(1 << 32)
        beat, turn = time.monotonic(), 0
        while not self._closed.is_set():
            beat += 0.02
            time.sleep(max(0.0, beat - time.monotonic()))
            if not self.peer:
                continue
            with self._lock:
                key = self._keys[0] if self._keys else None
            if key:
                beat = self._press(key[0], beat, key[1])
                with self._lock:
                    self._keys.pop(0)
                continue
            frames = self._voice
            self._send(0, frames[turn % len(frames)])
            self._stamp += FRAME
            turn += 1

    def _press(self, key, beat, gap):
        event, volume = KEYS.index(key), 10
        for i in range(1, 6):
            self._send(101, struct.pack("!BBH", event, volume, i * FRAME), marker=i == 1)
            beat += 0.02
            time.sleep(max(0.0, beat - time.monotonic()))
        for _ in range(3):
            self._send(101, struct.pack("!BBH", event, volume | 0x80, 5 * FRAME))
        self._stamp += 5 * FRAME
        for _ in range(int(gap / 0.02)):
            beat += 0.02
            time.sleep(max(0.0, beat - time.monotonic()))
            self._send(0, SILENCE)
            self._stamp += FRAME
        return beat

    def _send(self, kind, payload, marker=False):
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, kind | 0x80 * marker, self._sequence, self._stamp & 0xFFFFFFFF, self._source)
        try:
            self.socket.sendto(head + payload, self.peer)
        except OSError:
            pass  # the far end is gone already


def until(true, timeout, every=0.02):
    """Waits until a condition holds. False if it did not in time."""
    end = time.monotonic() + timeout
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
