"""Media from the customer's web server, and recordings on their way there."""

from bench import case
from cases_listen import our_goodbye, tone_file
from customer import Answer

TWIML = {"pivot_method": "post", "pivot_req_format": "twiml"}


@case("media-remote", TWIML)
def remote(trial):
    """Play from the web: pivot fetches it once for two calls, the switch plays it from pivot"""
    tone = (trial.switch.sounds / "tone-600.wav").read_bytes()
    trial.give("tone", Answer(tone, "wav", headers={"Cache-Control": "max-age=600"}))
    trial.give("start", "media-remote.xml")
    for _ in range(2):
        caller = trial.call()
        trial.done(caller)
        trial.heard(caller, 600, 0.9, 1.15)
    requests = trial.asked("tone")
    trial.equal([request.method for request in requests], ["GET"], "requests for the tone")
    trial.check(requests[0].headers["User-Agent"].startswith("pivot/"), f"the tone was fetched by {requests[0].headers['User-Agent']}")


@case("media-refused", TWIML)
def refused(trial):
    """an address that pivot refuses is asked by nobody; the document goes on"""
    tone_file(trial)
    trial.give("start", "media-refused.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 600, 0.9, 1.15)
    trial.server_logged("not fetched (refused)")


@case("media-missing", {"pivot_req_format": "twiml"})
def missing(trial):
    """media that are not there are skipped, in the web and on the switch; the document goes on"""
    tone_file(trial)
    trial.give("start", "media-missing.xml")
    caller = trial.call()
    our_goodbye(trial, caller)
    trial.heard(caller, 600, 0.9, 1.15)
    trial.asked("there-is-none.wav", count=2)
    trial.server_logged("the web server answered 404")
    trial.server_logged("freeswitch finds no such media")


@case("media-upload")
def upload(trial):
    """record_caller with a url: the file arrives by PUT, after a 503, as it is on the switch"""
    trial.give("upload", Answer("", "txt", status=503), Answer("ok", "txt"))
    trial.give("start", "media-upload.json")
    caller = trial.call(speaks=700)
    trial.done(caller)
    requests = trial.asked("upload", count=2)
    name = f"{requests[1].query['recording_id']}.wav"
    for request in requests:
        trial.equal((request.method, request.headers["Content-Type"]), ("PUT", "audio/wav"), "request")
        trial.equal(request.query.get("caller_id_number"), "4930111", "caller_id_number")
        trial.equal(request.body, (trial.switch.recordings / name).read_bytes(), "the file")
    seconds, pitch = trial.recording(name)
    trial.about(seconds, 4.5, 5.6, "seconds recorded")
    trial.about(pitch, 0.9, 1, "share of the caller's tone in the recording")
