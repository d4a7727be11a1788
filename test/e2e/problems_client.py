"""Makes the calls that it reads as JSON with the client; prints which exception each raised."""

import json
import sys
from dataclasses import replace

import fanfold
from fanfold.connection import find_connection
from fanfold.http import Http


def refusal_of(call):
    connection = find_connection()
    http = Http(replace(connection, token=call.get("token", connection.token)))
    try:
        if call.get("method") == "POST":
            http.post(call["path"], call["body"], idempotency_key=call.get("idempotencyKey"))
        else:
            http.get(call["path"])
    except fanfold.Problem as refusal:
        assert refusal.detail, call
        return refusal
    raise AssertionError(f"not refused: {call}")


raised = {call["name"]: refusal_of(call) for call in json.load(sys.stdin)}
assert all(getattr(fanfold, type(each).__name__) is type(each) for each in raised.values())
print(json.dumps({name: type(each).__name__ for name, each in raised.items()}))
