"""Writes documents with the vendors' own builders: one for every element that they have, with every
attribute that the builder's method takes. One JSON object a line: dialect, name, document."""

import inspect
import json
import re
import sys

from plivo import plivoxml
from twilio.twiml import voice_response

BY_NAME = {
    "accept": "x", "alphabet": "ipa", "attempt": "1", "audio_track": "inbound", "action": "https://example.com/x",
    "beep": "true", "body": "{}", "call_type": "voice", "channels": "mono", "coach": "CA" + "0" * 32,
    "caller_id": "+14155550100", "caller_name": "Ann", "card_type": "visa", "charge_amount": "1.00",
    "confirm_key": "5", "confirm_timeout": 5, "content_type": "audio/x-mulaw;rate=8000", "currency": "usd",
    "dial_music": "real", "digit_end_timeout": 2, "digits": "1w2", "digits_match": "1,2",
    "digits_match_b_leg": "1,2", "enter_sound": "beep:1", "error_type": "timeout",
    "exit_sound": "beep:2", "execution_timeout": 15, "extra_headers": "a=b", "file_format": "wav",
    "finish_on_key": "#", "for_": "postal-code", "format": "ymd", "hints": "yes,no", "identity": "alice",
    "input": "dtmf", "input_type": "dtmf", "interpret_as": "digits", "jitter_buffer_size": "large", "language": "en-US",
    "language_code": "en-US", "length": 2, "level": "strong", "loop": 2, "machine_detection": "Enable",
    "max_length": 30, "message": "Hello", "min_silence": 1000, "name": "name", "num_digits": 4,
    "number": "+14155550100", "password": "secret", "ph": "pe", "phone_number": "+14155550100", "pitch": "low",
    "play_beep": True, "priority": 1, "rate": "slow", "reason": "busy", "record": "true",
    "record_channel_type": "mono", "record_file_format": "mp3", "region": "us1", "retries": 2,
    "ring_tone": "us", "role": "agent", "schedule": 10, "send_digits": "1w2", "send_digits_mode": "rfc2833",
    "sip_headers": "a=b", "sip_url": "sip:alice@example.com", "speech_model": "default", "speech_end_timeout": 2,
    "src": "14155550100", "dst": "14155550101", "status_callback_event": "completed",
    "status_callback_events": "mpc-state-changes", "strength": "weak", "time": "2s", "time_limit": 60,
    "timeout": 5, "track": "inbound_track", "transcription_type": "auto", "transcription_report_type": "full",
    "trim": "do-not-trim", "type": "sms", "url": "https://example.com/x", "username": "ann", "valid_digits": "123",
    "voice": "woman", "volume": "loud", "wait_time": 10, "weight": 1, "words": "Hello", "xml_lang": "fr-FR", "xmllang": "fr-FR",
    "content": "Hello", "recording_status_callback_event": "completed", "noise_cancellation_level": 80,
    "max_duration": 600, "max_queue_size": 100, "max_speech_time": 30, "speech_timeout": "auto", "connector_name": "x", "max_participants": 4, "max_members": 4, "record_min_member_count": 1, "digit_timeout": 2,
    "stream_timeout": 60, "interpret-as": "digits", "lang": "fr-FR",
}
FLAGS = {
    "action_on_empty_result", "answer_on_bridge", "async_", "bidirectional", "coach_mode", "end_conference_on_exit",
    "end_mpc_on_exit", "floor_event", "hangup_on_star", "hold", "keep_call_alive", "log", "mute", "muted",
    "profanity_filter", "record_participant_track", "record_session", "record_when_alone", "redirect", "relay_dtmf",
    "relay_dtmf_inputs", "send_on_preanswer", "sequential", "silence", "start_conference_on_enter",
    "start_mpc_on_enter", "start_on_dial_answer", "stay_alone", "transcript", "noise_cancellation",
}
# What contradicts other attributes, or is for values of another kind in one element.
NOT_TOGETHER = {("Wait", "beep"), ("Play", "digits")}
# Verbs that are nothing without a noun.
NEEDS_CHILD = {"refer": "sip", "connect": "stream"}
BY_ELEMENT = {
    ("Conference", "record"): True, ("MultiPartyCall", "record"): False, ("Stream", "content"): "wss://example.com/a",
    ("Stream", "url"): "wss://example.com/a", ("ConversationRelay", "url"): "wss://example.com/a",
    ("Play", "content"): "https://media.example.com/a.wav", ("Play", "url"): "https://media.example.com/a.wav",
    ("DTMF", "content"): "12", ("Redirect", "content"): "https://example.com/x", ("Number", "content"): "14155550100",
    ("User", "content"): "sip:alice@example.com", ("Record", "track"): "both", ("Recording", "track"): "both",
    ("Conference", "record", "twiml"): "record-from-start", ("Dial", "record"): "record-from-answer",
    ("Say-as", "content"): "12", ("Conference", "content"): "room", ("MultiPartyCall", "content"): "room",
    ("Conference", "beep"): True, ("Dial", "machine_detection"): True, ("Wait", "beep"): False,
    ("break", "content"): None, ("Conference", "recording_status_callback_event"): "completed",
    ("Conference", "status_callback_event"): "start end join leave", ("Siprec", "track"): "both_tracks",
    ("MultiPartyCall", "wait_music_url"): "https://example.com/x", ("Record", "record_session"): False,
    ("Record", "start_on_dial_answer"): False,
}


def value(element, parameter, dialect):
    parameter = re.sub("([a-z])([A-Z])", lambda found: f"{found.group(1)}_{found.group(2).lower()}", parameter)
    for key in ((element, parameter, dialect), (element, parameter)):
        if key in BY_ELEMENT:
            return BY_ELEMENT[key]
    if parameter in FLAGS:
        return True
    if parameter.endswith("method"):
        return "GET"
    if parameter in BY_NAME:
        return BY_NAME[parameter]
    if re.search("url|callback|sound|audio|music", parameter):
        return "https://example.com/x"
    return "x"


def arguments(element, method, dialect):
    given = {}
    for name in inspect.signature(method).parameters:
        if name in ("self", "kwargs", "args") or (element, name) in NOT_TOGETHER:
            continue
        found = value(element, name, dialect)
        if found is not None:
            given[name] = found
    return given


def twiml():
    """Each builder method, under parents that are built with their own builders."""
    todo = [((), voice_response.VoiceResponse)]
    seen = set()
    while todo:
        path, owner = todo.pop(0)
        for method, function in inspect.getmembers(owner, inspect.isfunction):
            if function.__module__ != voice_response.__name__ or method.startswith("_"):
                continue
            step = path + (method,)
            # A deeper place of something that has been built says nothing new.
            if (owner.__name__, method) in seen or len(step) > 4:
                continue
            seen.add((owner.__name__, method))
            root = voice_response.VoiceResponse()
            parent = root
            for name in path:
                parent = call(parent, name, minimal=True)
            child = call(parent, method, minimal=False)
            if method in NEEDS_CHILD:
                call(child, NEEDS_CHILD[method], minimal=True)
            yield "/".join(step), str(root)
            todo.append((step, type(child)))


def call(parent, method, minimal):
    function = getattr(type(parent), method)
    probe = function(type(parent)(**required(type(parent))), **required_of(function))
    element = probe.name
    given = arguments(element, function, "twiml")
    if minimal:
        needed = required_of(function).keys() | {"url", "identity", "sip_url"}
        given = {name: given[name] for name in given if name in needed}
    return getattr(parent, method)(**given)


def required(owner):
    return required_of(owner.__init__)


def required_of(function):
    needed = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name != "self" and parameter.default is parameter.empty and parameter.kind == parameter.POSITIONAL_OR_KEYWORD:
            needed[name] = BY_NAME.get(name, "x")
    return needed


def plivo():
    """Each element class, under every parent that the builder allows."""
    classes = {
        element._name: element
        for _, element in inspect.getmembers(plivoxml, inspect.isclass)
        if getattr(element, "_name", None) and element._name != "Response"
    }
    allowed = {name: element._nestable for name, element in classes.items()}
    for name in plivoxml.ResponseElement._nestable:
        yield name, alone(classes, [name])
        for child in allowed.get(name, []):
            yield f"{name}/{child}", alone(classes, [name, child])


def alone(classes, path):
    root = parent = plivoxml.ResponseElement()
    for name in path:
        element = make(classes[name])
        parent.add(element)
        parent = element
    if path[-1] == "Dial":
        parent.add(plivoxml.NumberElement("14155550100"))
    return root.to_string()


def make(element):
    name = element._name
    given = arguments(name, element.__init__, "plivo")
    return element(**given)


def main():
    for dialect, documents in (("twiml", twiml), ("plivo", plivo)):
        for name, document in documents():
            print(json.dumps({"dialect": dialect, "name": name, "document": document}))


if __name__ == "__main__":
    sys.exit(main())
