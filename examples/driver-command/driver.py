"""A driver command for `stablemint verify`: drives the sandbox at the URL that is its argument."""

import json
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CONTROL = sys.argv[1] + "/_sandbox/namespaces/default"


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urlopen(
        Request(CONTROL + path, data, {"Content-Type": "application/json"}, method=method)
    ) as answer:
        return json.load(answer)


def drive(verb, asked):
    if verb == "play":
        return {"session": call("POST", f"/sessions/{asked.pop('sessionId')}/play", asked)}
    if verb in ("advance", "now"):
        return call("POST", "/clock/advance", asked) if asked else call("GET", "/clock")
    if verb == "reset":
        return call("POST", "/reset")
    path = f"/partners/{asked.pop('partner')}/endpoints"
    if asked["url"]:
        return call("PUT", path, asked)
    queries = [f"?eventType={event_type}" for event_type in asked.get("eventTypes", [])] or [""]
    return [call("DELETE", path + query) for query in queries][-1]


for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {**drive(asked.pop("verb"), asked), "ok": True}
    except HTTPError as error:
        answer = {"ok": False, "reason": error.read().decode()}
    print(json.dumps(answer), flush=True)
