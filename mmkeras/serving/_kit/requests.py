"""Code of the kit's README: requests that run as they are printed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from mmkeras.serving._kit.tables import sent_as

# What is shown: letters of a file in base64 and of a text, items of a list.
_BASE64, _TEXT, _ITEMS = 24, 100, 5
# A body that still reads on a command line.
_LONGEST = 400


def url_of(name: str) -> str:
    """Where the model is on this host."""
    return f"http://localhost:8501/v1/models/{name}"


def row_to_read(row: Mapping[str, Any]) -> str:
    """The body of a request for one row, shortened."""
    shown = {
        name: {"b64": _cut(value["b64"], _BASE64)}
        if isinstance(value, Mapping)
        else _cut(value, _TEXT)
        for name, value in row.items()
    }
    return f'{{"instances": [{_lines(shown)}]}}'


def answer_to_read(row: Mapping[str, Any]) -> str:
    """The answer to one row, shortened, with numbers of four digits."""
    return _lines({name: _short(value) for name, value in row.items()})


def curl_all(name: str) -> str:
    """All rows of the request."""
    return f"curl -d @request.json {url_of(name)}:predict"


def curl_one(name: str, request: Mapping[str, Any]) -> str:
    """The first row: written out if it is short."""
    body = _literal({"instances": request["instances"][:1]})
    if len(body) <= _LONGEST:
        return f"curl -d {shlex.quote(body)} \\\n  {url_of(name)}:predict"
    code = (
        'import json; rows = json.load(open("request.json", encoding="utf-8")); '
        'print(json.dumps({"instances": rows["instances"][:1]}))'
    )
    return f"python3 -c '{code}' |\n  curl -d @- {url_of(name)}:predict"


def with_requests(name: str, tasks: Mapping[str, Any]) -> str:
    """REST by `requests`."""
    answers = "".join(f", row[{_literal(task)}]" for task in tasks)
    return f"""\
import json
from pathlib import Path

import requests

url = "{url_of(name)}:predict"
request = json.loads(Path("request.json").read_text(encoding="utf-8"))
response = requests.post(url, json=request, timeout=60)
response.raise_for_status()
for row in response.json()["predictions"]:
    print(row["ok"], row["reason"]{answers})"""


def with_client(
    name: str, metadata: Mapping[str, Any], request: Mapping[str, Any]
) -> str:
    """REST by mmkeras's client; inputs have their own names in it."""
    row = request["instances"][0]
    lines = []
    for own in metadata["inputs"]:
        sent = sent_as(own, metadata)
        value = row.get(sent, "")
        if isinstance(value, Mapping):
            if value["b64"]:
                value_code = f'base64.b64decode(row[{_literal(sent)}]["b64"])'
                lines.append(f"    {_literal(own)}: {value_code},\n")
        elif value:
            lines.append(f"    {_literal(own)}: row[{_literal(sent)}],\n")
    return f"""\
import base64
import json
from pathlib import Path

from mmkeras.serving import Client

request = json.loads(Path("request.json").read_text(encoding="utf-8"))
row = request["instances"][0]
values = {{
{"".join(lines)}}}
with Client("{url_of(name)}") as client:
    print(client.predict(**values))"""


def with_grpc(name: str) -> str:
    """gRPC by TensorFlow Serving's own package."""
    return f"""\
import base64
import json
from pathlib import Path

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

rows = json.loads(Path("request.json").read_text(encoding="utf-8"))["instances"]
request = predict_pb2.PredictRequest()
request.model_spec.name = "{name}"
request.model_spec.signature_name = "serving_default"
for name in rows[0]:
    values = [row[name] for row in rows]
    sent = [
        base64.b64decode(value["b64"]) if isinstance(value, dict) else value.encode()
        for value in values
    ]
    request.inputs[name].CopyFrom(tf.make_tensor_proto(sent, tf.string))
with grpc.insecure_channel("localhost:8500") as channel:
    stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    answer = stub.Predict(request, timeout=60)
for name, tensor in sorted(answer.outputs.items()):
    print(name, tf.make_ndarray(tensor))"""


def _short(value: Any) -> Any:
    if isinstance(value, list):
        more = ["..."] if len(value) > _ITEMS else []
        return [_short(one) for one in value[:_ITEMS]] + more
    if isinstance(value, str):
        return _cut(value, _TEXT)
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."


def _lines(row: Mapping[str, Any]) -> str:
    """JSON with a line for each name."""
    lines = [f"  {_literal(name)}: {_literal(value)}" for name, value in row.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _literal(value: Any) -> str:
    """As JSON; texts in it are the same in Python."""
    return json.dumps(value, ensure_ascii=False)
