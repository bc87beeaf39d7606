"""Text from callers and documents is text: FreeSWITCH must not execute it."""

import time

from bench import case
from cases_listen import our_goodbye, tone_file

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}


def trap(trial):
    """Files of this name appear if the switch executed something."""
    return trial.folder / "trap"


def untouched(trial):
    time.sleep(0.5)
    found = sorted(path.name for path in trial.folder.glob("trap*"))
    trial.check(not found, f"the switch executed what it was given: {found}")


@case("injection", TWIML)
def xml(trial):
    """${system(...)} in Say, Play, Set, callerId and a SIP header of a document"""
    tone_file(trial)
    callee = trial.callee("callee_leaves", wait_ms=500)
    trial.give("start", "injection.xml", trap=trap(trial), first=callee.port)
    trial.give("dialled", "hangup.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    untouched(trial)


@case("injection-piston", alone=True)
def piston(trial):
    """${system(...)} in tts, set_variables and set_cid of a callflow; the callee is still reached"""
    callee = trial.callee("callee_leaves", gateway=True, wait_ms=500)
    trial.give("start", "injection.json", trap=trap(trial))
    caller = trial.call()
    trial.done(caller, callee)
    trial.cdr()
    untouched(trial)


@case("injection-caller", alone=True)
def caller_name(trial):
    """${system(...)} as a caller's name, passed on to a callee"""
    name = f"x ${{system(touch {trap(trial)})}} y"
    callee = trial.callee("callee_leaves", gateway=True, wait_ms=500)
    trial.give("start", "dial-number.json", ring=10)
    caller = trial.call(name=f'"{name}"')
    trial.done(caller, callee)
    trial.cdr()
    untouched(trial)


@case("names")
def names(trial):
    """callers' names arrive as they were sent: umlauts, emoji, apostrophes, commas"""
    for name in ("Zoë Ünïcode 😀 名前", "O'Brien, Pat; <ceo>", "100% {sure} [ok] a=b|c"):
        trial.customer.requests[:] = [r for r in trial.customer.requests if not r.path.startswith(f"/{trial.name}/")]
        trial.give("start", "reject-603.json")
        caller = trial.call("caller_refused", code=603, name=f'"{name}"')
        trial.done(caller)
        trial.equal(trial.asked("start")[0].params.get("Caller-ID-Name"), name, "Caller-ID-Name in the request")
        trial.cdr(Caller_ID_Name=name)
