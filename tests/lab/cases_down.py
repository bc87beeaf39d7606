"""A pivot that is wrongly called, absent, mute, or dies: the caller never hears dead air."""

import socket
import time

from bench import case
from customer import Answer

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}
SORRY = [("transfer", "pivot_lost XML pivot")]


def apology(trial, phone, since=0.0):
    """Speech, or the tone that stands for it, and not silence."""
    trial.about(phone.handset.seconds_of_sound(since), 1.5, 12, f"seconds of apology that {phone.scenario} heard")


def refused_with_apology(trial):
    caller = trial.call("caller_refused", code=503)
    trial.done(caller)
    trial.equal(caller.codes(), [100, 183, 503], "answers to the INVITE")
    apology(trial, caller)


@case("mode-full-missing", actions=[("socket", "$${lab_pivot} async"), *SORRY])
def not_full(trial):
    """a socket line without full: the log says what to change; apology and 503"""
    refused_with_apology(trial)
    trial.server_logged("full")
    trial.not_asked("start")


@case("mode-async-missing", actions=[("socket", "$${lab_pivot} full"), *SORRY])
def not_async(trial):
    """a socket line without async: the log says what to change; apology and 503"""
    refused_with_apology(trial)
    trial.server_logged("async")
    trial.not_asked("start")


@case("mode-full-missing-often", actions=[("socket", "$${lab_pivot} async"), ("respond", "403 Not Parked")])
def not_full_often(trial):
    """leaving a call at once must not park it: ten calls, each goes on in the dialplan"""
    for _ in range(10):
        caller = trial.call("caller_refused", code=403, limit=5)
        trial.done(caller)


@case("too-many-calls", alone=True)
def full(trial):
    """a call over esl.max_calls goes on in the dialplan at once: apology and 503"""
    trial.give("start", "long-prompt.json")
    trial.server.stop()
    trial.server.restart(PIVOT_ESL__MAX_CALLS="1")
    try:
        time.sleep(1)  # the lab's knock at the door has left its place
        first = trial.call("caller_leaves", wait_ms=12000)
        trial.check(first.handset.wait_for(600, 0.3), "the first call was not taken")
        second = trial.call("caller_refused", code=503)
        trial.check(second.saw(183, 2.0), "the second call did not go on in the dialplan at once")
        trial.done(second)
        apology(trial, second)
        trial.server_logged("max_calls")
    finally:
        trial.server.stop()
        trial.server.restart()


@case("server-silent", alone=True)
def silent(trial):
    """something accepts the connection and says nothing: moved to the apology after the takeover time"""
    trial.server.kill()
    try:
        with socket.create_server(("127.0.0.1", trial.server.port)):
            caller = trial.call("caller_refused", code=503)
            trial.done(caller)
            trial.equal(caller.codes(), [100, 183, 503], "answers to the INVITE")
            apology(trial, caller)
    finally:
        trial.server.restart()


@case("server-absent", alone=True)
def absent(trial):
    """no pivot runs: apology as early media, then 503"""
    trial.server.kill()
    try:
        refused_with_apology(trial)
    finally:
        trial.server.restart()


@case("server-stops", alone=True)
def stops(trial):
    """SIGTERM: a call that lasts is ended in order, with its CDR"""
    trial.give("start", "long-prompt.json")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600, 0.5), "no prompt was heard")
    try:
        trial.equal(trial.server.terminate(), 0, "exit code after SIGTERM")
    finally:
        trial.server.restart()
    trial.done(caller)
    trial.cdr(Hung_Up_By="us", Hangup_Cause="NORMAL_TEMPORARY_FAILURE")


@case("killed-in-prompt", alone=True)
def in_prompt(trial):
    """kill -9 during a prompt: the apology at once, BYE; after the restart the CDR is delivered"""
    trial.give("start", "long-prompt.json")
    caller = trial.call()
    trial.check(caller.handset.wait_for(600, 0.5), "no prompt was heard")
    killed = time.monotonic()
    trial.server.kill()
    try:
        trial.done(caller)
        trial.about(caller.ended - killed, 1.0, 14.0, "seconds from the kill to the BYE")
        apology(trial, caller, since=killed + 0.3)
        reason = caller.got("BYE").headers.get("reason", "")
        trial.check("cause=41" in reason, f"Reason of the BYE: {reason!r}")
        trial.check(not trial.customer.seen(f"/{trial.name}/cdr"), "a CDR came while pivot was dead")
    finally:
        trial.server.restart()
    trial.cdr(Interrupted="true")


@case("killed-in-request", {"pivot_req_timeout_ms": "20000"}, alone=True)
def in_request(trial):
    """kill -9 while the web server thinks, before the answer: apology and 503"""
    trial.give("start", Answer("{}", "json", delay=15))
    caller = trial.call("caller_refused", code=503)
    trial.asked("start")
    trial.server.kill()
    try:
        trial.done(caller)
        apology(trial, caller)
    finally:
        trial.server.restart()
    trial.cdr(Interrupted="true")


@case("killed-in-bridge", alone=True)
def in_bridge(trial):
    """kill -9 during a conversation: the two go on talking until one of them hangs up"""
    callee = trial.callee("callee_answers", gateway=True, wait_ms=200, speaks=900)
    trial.give("start", "dial-number.json", ring=20)
    caller = trial.call("caller_leaves", wait_ms=5000, speaks=700)
    trial.check(caller.handset.wait_for(900, 0.5), "the callee was not heard")
    killed = time.monotonic()
    trial.server.kill()
    try:
        trial.done(caller, callee)
        after = caller.handset.seconds_of(900, since=killed + 0.5)
        trial.about(after, 1.5, 6, "seconds that the caller heard the callee after the kill")
        trial.check(callee.got("BYE"), "the callee got no BYE")
    finally:
        trial.server.restart()
    trial.cdr(Interrupted="true")


@case("killed-in-record", TWIML, alone=True)
def in_record(trial):
    """kill -9 during a recording: the call ends, and soon"""
    trial.give("start", "record.xml")
    caller = trial.call(speaks=700)
    trial.check(caller.handset.wait_for(440, 0.3), "no beep was heard")
    time.sleep(1)
    killed = time.monotonic()
    trial.server.kill()
    try:
        trial.done(caller)
        trial.about(caller.ended - killed, 0, 14.0, "seconds from the kill to the BYE")
    finally:
        trial.server.restart()
    trial.cdr(Interrupted="true")


@case("cdr-after-restart", alone=True)
def cdr_after_restart(trial):
    """kill -9 between the end of a call and its CDR's delivery: delivered after the restart, once"""
    trial.give("start", "reject-603.json")
    trial.give("cdr", Answer("not now", "txt", 500))
    caller = trial.call("caller_refused", code=603)
    trial.done(caller)
    first = trial.asked("cdr")[0]
    trial.server.kill()
    trial.give("cdr", Answer("ok", "txt", 200))
    before = len(trial.customer.seen(f"/{trial.name}/cdr"))
    trial.server.restart()
    posts = trial.asked("cdr", before + 1, timeout=20)
    trial.equal(posts[-1].params.get("Delivery-ID"), first.params.get("Delivery-ID"), "Delivery-ID after the restart")
    trial.equal(posts[-1].params.get("Hangup-Cause"), "CALL_REJECTED", "Hangup-Cause after the restart")
    time.sleep(1.5)
    trial.equal(len(trial.customer.seen(f"/{trial.name}/cdr")), before + 1, "posts of the CDR")
