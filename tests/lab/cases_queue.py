"""Queues: callers who wait, agents who take them, and what becomes of them when a pivot ends."""

import time

from bench import case
from customer import Answer
from media import until

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}

MUSIC = "tone_stream://%(1000,0,600);loops=-1"


def xml(body):
    return Answer(f"<Response>{body}</Response>", "xml")


def enqueue(trial, agent='<Dial action="{web}/talked" hangupOnStar="true"><Queue>{name}</Queue></Dial>'):
    """The first call waits, hearing 600 Hz; every later one is an agent's."""
    values = {"web": trial.url("").rstrip("/"), "name": trial.name}
    waits = '<Enqueue waitUrl="{web}/wait" action="{web}/left">{name}</Enqueue>'.format(**values)
    trial.give("start", xml(waits), xml(agent.format(**values)))
    trial.give("wait", xml('<Play>tone-600-long.wav</Play><Gather numDigits="1" timeout="1" action="key"/>'))
    trial.give("key", xml("<Leave/>"))
    trial.give("left", xml("<Play>tone-800.wav</Play>"))
    trial.give("talked", xml("<Play>tone-500.wav</Play>"))


def waits(trial, **options):
    caller = trial.call(**options)
    trial.check(caller.handset.wait_for(600, 0.5), "no wait document was heard")
    return caller


def result(trial, expected, count=1):
    left = trial.asked("left", count, timeout=20)[-1].fields
    trial.equal(left["QueueResult"], expected, "QueueResult")
    return left


@case("queue-agent", TWIML)
def agent(trial):
    """an agent takes the caller: both hear each other, both go on afterwards, both actions are told"""
    enqueue(trial)
    caller = waits(trial, speaks=700)
    wait = trial.asked("wait")[0].fields
    trial.equal((wait["QueuePosition"], wait["CurrentQueueSize"]), ("1", "1"), "position and size")
    agent = trial.call("caller_leaves", wait_ms=6000, speaks=900)
    trial.check(caller.handset.wait_for(900, 1.0), "the caller does not hear the agent")
    trial.check(agent.handset.wait_for(700, 1.0), "the agent does not hear the caller")
    trial.done(agent)
    left = result(trial, "bridged")
    trial.check(left["QueueSid"].startswith("QU"), f"QueueSid: {left['QueueSid']}")
    trial.done(caller)
    trial.heard(caller, 800, 0.5)


@case("queue-agent-goes-on", TWIML)
def agent_goes_on(trial):
    """the caller leaves first: the agent's Dial is told, and its document goes on"""
    enqueue(trial)
    caller = trial.call("caller_leaves", wait_ms=6000, speaks=700)
    trial.check(caller.handset.wait_for(600, 0.5), "no wait document was heard")
    agent = trial.call(speaks=900)
    trial.check(agent.handset.wait_for(700, 1.0), "the agent does not hear the caller")
    trial.done(caller, agent)
    talked = trial.asked("talked")[0].fields
    trial.equal((talked["DialCallStatus"], talked["DequeueResult"]), ("completed", "bridged"), "the agent's result")
    trial.about(int(talked["DialCallDuration"]), 2, 7, "DialCallDuration")
    trial.equal(result(trial, "bridged")["CallSid"], talked["DequeuedCallSid"], "the caller")
    trial.heard(agent, 500, 0.5)


@case("queue-whisper", TWIML)
def whisper(trial):
    """the caller hears the agent's document first, the agent hears ringing meanwhile"""
    enqueue(trial, '<Dial action="{web}/talked"><Queue url="{web}/whisper">{name}</Queue></Dial>')
    trial.give("whisper", xml("<Play>tone-500.wav</Play>"))
    caller = waits(trial, speaks=700)
    agent = trial.call("caller_leaves", wait_ms=7000, speaks=900)
    trial.check(caller.handset.wait_for(500, 0.5), "the caller does not hear the document")
    trial.check(caller.handset.wait_for(900, 1.0), "the caller does not hear the agent")
    asked = trial.asked("whisper")[0].fields
    trial.check(asked["DequeingCallSid"].startswith("CA"), "DequeingCallSid")
    trial.done(agent, caller)


@case("queue-empty", TWIML)
def empty(trial):
    """nobody waits: the agent hears ringing for its timeout and goes on"""
    enqueue(trial, '<Dial action="{web}/talked" timeout="5"><Queue>{name}</Queue></Dial>')
    first = trial.call("caller_leaves", wait_ms=2000)
    trial.done(first)
    agent = trial.call()
    trial.done(agent)
    trial.said(agent, 1.5)
    talked = trial.asked("talked")[0].fields
    trial.equal((talked["DialCallStatus"], talked["DequeueResult"]), ("no-answer", "queue-empty"), "the agent's result")


@case("queue-hangup", TWIML)
def hangup(trial):
    """a caller hangs up while waiting: the action is told, one CDR"""
    enqueue(trial)
    trial.done(trial.call("caller_leaves", wait_ms=2500))
    left = result(trial, "hangup")
    trial.about(int(left["QueueTime"]), 1, 4, "QueueTime")
    trial.cdr(Hangup_Cause="NORMAL_CLEARING")


@case("queue-leave", TWIML)
def leave(trial):
    """a key in the wait document leaves the queue, and the action's document goes on"""
    enqueue(trial)
    trial.give("wait", xml('<Gather numDigits="1" timeout="20" action="key"><Play>tone-600-long.wav</Play></Gather>'))
    caller = waits(trial)
    caller.handset.type("1")
    trial.done(caller)
    result(trial, "leave")
    trial.heard(caller, 800, 0.5)


def goes_on_after(trial, end):
    """A caller waits, the server ends and comes again, and an agent takes the caller."""
    enqueue(trial)
    caller = waits(trial, speaks=700, limit=60)
    first = trial.asked("wait")[0].fields
    end(trial)
    ended = time.monotonic()
    time.sleep(4)
    trial.check(trial.switch.calls() == 1, "the caller was not kept")
    trial.server.restart()
    before = len(trial.customer.seen(f"/{trial.name}/wait"))
    again = trial.asked("wait", before + 1, timeout=20)[-1].fields
    trial.equal(again["CallSid"], first["CallSid"], "the call")
    trial.equal(again["QueuePosition"], "1", "QueuePosition after the restart")
    trial.about(int(again["QueueTime"]), 4, 30, "QueueTime counts from the beginning")
    trial.equal(len(trial.asked("start")), 1, "requests for the first document")
    trial.check(until(lambda: caller.handset.seconds_of(600, ended + 4) > 0.4, 10, 0.2), "no wait document after the restart")
    agent = trial.call("caller_leaves", wait_ms=4000, speaks=900)
    trial.check(caller.handset.wait_for(900, 1.0), "the caller does not hear the agent")
    trial.done(agent)
    left = result(trial, "bridged")
    trial.check(int(left["QueueTime"]) >= 4, f"QueueTime: {left['QueueTime']}")
    trial.done(caller)
    calls = [request.fields for request in trial.asked("cdr", 2, timeout=15)]
    time.sleep(1)
    trial.equal(len(trial.customer.seen(f"/{trial.name}/cdr")), 2, "CDRs of caller and agent")
    trial.check(all(cdr.get("Interrupted") is None for cdr in calls), f"a CDR says Interrupted: {calls}")


@case("queue-killed", TWIML, alone=True)
def killed(trial):
    """kill -9 with a caller in the queue: it waits on at its place in the next server, and has one CDR"""
    goes_on_after(trial, lambda trial: trial.server.kill())


@case("queue-drained", TWIML, alone=True)
def drained(trial):
    """SIGTERM with a caller in the queue: the same"""

    def stop(trial):
        trial.equal(trial.server.terminate(), 0, "exit code after SIGTERM")

    goes_on_after(trial, stop)
