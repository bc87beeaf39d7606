"""Verifies requests with the vendors' own libraries, as a customer's server would.

Standard input: a JSON list of requests (scheme, method, url, headers, body, secret). Standard output: a
JSON list of booleans in the same order.
"""

import json
import sys
from urllib.parse import parse_qs, urlsplit

from plivo.utils import validate_v3_signature
from standardwebhooks import Webhook, WebhookVerificationError
from twilio.request_validator import RequestValidator


def form(request):
    """The fields of a form; a repeated name has a list."""
    fields = parse_qs(request["body"], keep_blank_values=True)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def is_json(request):
    return request["headers"].get("content-type") == "application/json"


def plivo(request, header):
    params = json.loads(request["body"]) if is_json(request) else form(request)
    headers = request["headers"]
    return validate_v3_signature(
        request["method"],
        request["url"],
        headers["x-plivo-signature-v3-nonce"],
        request["secret"],
        headers[header],
        params,
    )


def twilio(request):
    params = request["body"] if is_json(request) else form(request)
    signature = request["headers"]["x-twilio-signature"]
    return RequestValidator(request["secret"]).validate(request["url"], params, signature)


def standard(request):
    get = request["method"] == "GET"
    content = urlsplit(request["url"]).query if get else request["body"]
    try:
        Webhook(request["secret"]).verify(content, request["headers"], json_parse=False)
    except WebhookVerificationError:
        return False
    return True


SCHEMES = {
    "plivo": lambda request: plivo(request, "x-plivo-signature-v3"),
    "plivo main": lambda request: plivo(request, "x-plivo-signature-ma-v3"),
    "twilio": twilio,
    "standard": standard,
}

requests = json.load(sys.stdin)
json.dump([SCHEMES[request["scheme"]](request) for request in requests], sys.stdout)
