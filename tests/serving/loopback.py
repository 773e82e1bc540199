"""A server for tests: TensorFlow Serving's contract over SavedModels, on loopback.

It follows the documentation of TensorFlow Serving (api_rest.md and the protos of its
APIs), and in what that leaves open its sources (util/json_tensor.cc,
model_servers/http_rest_api_util.cc, http_server.cc, servables/tensorflow/
predict_util.cc, get_model_metadata_impl.cc). It is no server to use: it is slow, and
it loads every version there is.

    python loopback.py '{"small": {"path": "/models/small", "labels": {"stable": 1}}}'

prints the ports of REST and gRPC as JSON, and serves until its input ends.
"""

import base64
import binascii
import json
import re
import sys
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

DEFAULT = "serving_default"
# http_server.cc: ToHTTPStatusCode.
HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "NOT_FOUND": 404,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
}
WHICH = r"(?i:/v1/models/)([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
JSON_TYPES = {str: "String", bool: "True", type(None): "Null"}
# Types whose values are kept in a field of their own: Tensor::AsProtoField.
FIELDS = {"float32": "float_val", "int32": "int_val", "object": "string_val"}


class Refused(Exception):
    """An error to be told, with the name of its status."""

    def __init__(self, said, status="INVALID_ARGUMENT"):
        super().__init__(said)
        self.said, self.status = said, status


class Version:
    """One loaded SavedModel."""

    def __init__(self, folder):
        proto = saved_model_pb2.SavedModel()
        proto.ParseFromString((folder / "saved_model.pb").read_bytes())
        self.definitions = dict(proto.meta_graphs[0].signature_def)
        self.number = int(folder.name)
        self.loaded = tf.saved_model.load(str(folder))

    def run(self, name, tensors):
        """NumPy arrays in, NumPy arrays out; strings are objects of bytes."""
        taken = self.definitions[name].inputs
        sent, asked = set(tensors), set(taken)
        if len(sent) != len(asked):
            raise Refused(
                f"input size does not match signature: {len(sent)}!={len(asked)} "
                f"len({{{','.join(sorted(sent))}}}) != "
                f"len({{{','.join(sorted(asked))}}}). "
                f"Sent extra: {{{','.join(sorted(sent - asked))}}}. "
                f"Missing but required: {{{','.join(sorted(asked - sent))}}}."
            )
        for key in sorted(sent - asked):
            raise Refused(
                f"input tensor alias not found in signature: {key}. "
                f"Inputs expected to be in the set {{{','.join(sorted(asked))}}}."
            )
        for place, key in enumerate(sorted(taken)):
            kind = tf.as_dtype(taken[key].dtype).name
            given = tf.as_dtype(tensors[key].dtype).name
            if given != kind:
                raise Refused(
                    f"Expects arg[{place}] to be {kind} but {given} is provided"
                )
        given = {key: tf.constant(value) for key, value in tensors.items()}
        try:
            found = self.loaded.signatures[name](**given)
        except tf.errors.OpError as error:
            status = error.__class__.__name__.removesuffix("Error")
            status = re.sub(r"(?<!^)(?=[A-Z])", "_", status).upper()
            raise Refused(error.message, status) from None
        return {key: value.numpy() for key, value in found.items()}


class Models:
    """All models, by name."""

    def __init__(self, configuration):
        self.labels = {n: c.get("labels", {}) for n, c in configuration.items()}
        self.versions = {
            name: {
                int(folder.name): Version(folder)
                for folder in sorted(Path(config["path"]).iterdir())
                if folder.name.isdigit()
            }
            for name, config in configuration.items()
        }

    def find(self, name, number=None, label=None):
        if label:
            if label not in self.labels.get(name, {}):
                raise Refused(f"Unrecognized servable version label: {label}")
            number = self.labels[name][label]
        versions = self.versions.get(name, {})
        if number is None and versions:
            number = max(versions)
        if number not in versions:
            which = (
                f"Latest({name})" if number is None else f"Specific({name}, {number})"
            )
            raise Refused(f"Servable not found for request: {which}", "NOT_FOUND")
        return versions[number]


# -- REST -----------------------------------------------------------------------


def parse(body):
    if not body:
        raise Refused("JSON Parse error: The document is empty")
    try:
        document = json.loads(body)
    except ValueError as error:
        at = getattr(error, "pos", 0)
        raise Refused(f"JSON Parse error: Invalid value. at offset: {at}") from None
    if not isinstance(document, dict):
        raise Refused(f"JSON Value: {json.dumps(document)} Is not object")
    return document


def is_base64(value):
    return isinstance(value, dict) and list(value) == ["b64"]


def is_of(value, kind):
    """Whether a JSON value may stand in a tensor; true and false are no numbers."""
    if kind in ("string", "bool"):
        return isinstance(value, str if kind == "string" else bool)
    numbers = int | float if kind.startswith("float") else int
    return isinstance(value, numbers) and not isinstance(value, bool)


def leaf(value, kind):
    """One value of a tensor."""
    told = f"JSON Value: {json.dumps(value)}"
    if isinstance(value, dict):
        if kind != "string":
            raise Refused(f"{told} Type: Object is not of expected type: {kind}")
        if not is_base64(value) or not isinstance(value["b64"], str):
            raise Refused(f"{told} not formatted correctly for base64 data")
        try:
            return base64.b64decode(value["b64"], validate=True)
        except binascii.Error:
            raise Refused("Unable to base64 decode") from None
    if not is_of(value, kind):
        name = JSON_TYPES.get(type(value), "Number")
        raise Refused(f"{told} Type: {name} is not of expected type: {kind}")
    return value.encode() if kind == "string" else value


def tensor(value, info):
    """A nested list as an array of a signature's type."""
    kind = tf.as_dtype(info.dtype).name

    def walk(one):
        return [walk(x) for x in one] if isinstance(one, list) else leaf(one, kind)

    def shape(one):
        if not isinstance(one, list):
            return ()
        return (len(one), *(shape(one[0]) if one else ()))

    def flat(one):
        return [y for x in one for y in flat(x)] if isinstance(one, list) else [one]

    values, size = flat(walk(value)), shape(value)
    if len(values) != np.prod(size, dtype=int):
        raise Refused("Encountered list at unexpected size")
    dtype = object if kind == "string" else kind
    made = np.empty(len(values), dtype)
    made[:] = values
    return made.reshape(size)


def of_rows(instances, taken):
    if not isinstance(instances, list):
        raise Refused("Excepting 'instances' to be an list/array")
    if not instances:
        raise Refused("No values in 'instances' array")
    if not isinstance(instances[0], dict) or is_base64(instances[0]):
        if len(taken) > 1:
            raise Refused(
                "instances is a plain list, but expecting list of objects as multiple "
                "input tensors required as per tensorinfo_map"
            )
        (only,) = taken
        return {only: tensor(instances, taken[only])}
    for place, row in enumerate(instances):
        if not isinstance(row, dict):
            raise Refused(
                f"Expecting object but got list at item {place} of input list"
            )
        for key in row:
            if key not in taken:
                raise Refused(
                    f"Failed to process element: {place} key: {key} of 'instances' "
                    "list. Error: INVALID_ARGUMENT: JSON object: does not have named "
                    f"input: {key}"
                )
        if set(row) != set(taken):
            raise Refused(
                f"Failed to process element: {place} of 'instances' list. "
                f"JSON object: {json.dumps(row)} keys must be equal to: "
                f"{','.join(sorted(taken))}"
            )
    return {
        key: tensor([row[key] for row in instances], info)
        for key, info in taken.items()
    }


def of_columns(inputs, taken):
    if not isinstance(inputs, dict) or is_base64(inputs):
        if len(taken) > 1:
            raise Refused(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        (only,) = taken
        return {only: tensor(inputs, taken[only])}
    for key in taken:
        if key not in inputs:
            raise Refused(f"Missing named input: {key} in 'inputs' object.")
    return {key: tensor(inputs[key], info) for key, info in taken.items()}


def to_json(name, value):
    """An array as nested lists; a float by the fewest digits that give it back."""
    if isinstance(value, np.ndarray):
        return [to_json(name, one) for one in value]
    if isinstance(value, bytes):
        if name.endswith("_bytes"):
            return {"b64": base64.b64encode(value).decode()}
        return value.decode()
    return float(str(value)) if isinstance(value, np.floating) else value.item()


def answered(found, by_row):
    key = "predictions" if by_row else "outputs"
    if by_row and any(value.ndim == 0 for value in found.values()):
        name = next(n for n, value in found.items() if value.ndim == 0)
        raise Refused(f"Tensor name: {name} has no shape information ")
    if by_row and len({len(value) for value in found.values()}) > 1:
        raise Refused("Tensor name: has inconsistent batch size")
    values = {name: to_json(name, value) for name, value in found.items()}
    if len(values) == 1:
        return {key: next(iter(values.values()))}
    if not by_row:
        return {key: values}
    rows = zip(*values.values(), strict=True)
    return {key: [dict(zip(values, row, strict=True)) for row in rows]}


class Rest(BaseHTTPRequestHandler):
    """One request."""

    models: Models
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._reply(self._get)

    def do_POST(self):
        self._reply(self._post)

    def log_message(self, *told):
        pass

    def _reply(self, answer):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, content = 200, answer(self.path, body)
        except Refused as error:
            status, content = HTTP.get(error.status, 500), {"error": error.said}
        text = json.dumps(content, indent=4).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _which(self, pattern, path):
        found = re.fullmatch(WHICH + pattern, path)
        if not found:
            raise Refused(f"Malformed request: {self.command} {path}")
        name, number, label = found.group(1, 2, 3)
        return unquote(name), number and int(number), label and unquote(label)

    def _get(self, path, body):
        if path.endswith("/metadata"):
            name, number, label = self._which("/metadata", path)
            response = metadata(self.models, name, number, label)
            packed = get_model_metadata_pb2.SignatureDefMap()
            response.metadata["signature_def"].Unpack(packed)
            return {
                "model_spec": as_json(response.model_spec),
                "metadata": {"signature_def": as_json(packed)},
            }
        name, number, label = self._which("", path)
        response = get_model_status_pb2.GetModelStatusResponse()
        versions = self.models.versions.get(name)
        if not versions:
            raise Refused(f"Could not find any versions of model {name}", "NOT_FOUND")
        if number is not None and number not in versions:
            told = f"Could not find version {number} of model {name}"
            raise Refused(told, "NOT_FOUND")
        for one in sorted(versions) if number is None else [number]:
            status = response.model_version_status.add(version=one, state="AVAILABLE")
            status.status.error_message = ""
        return as_json(response)

    def _post(self, path, body):
        version = self.models.find(*self._which(":predict", path))
        document = parse(body)
        name = document.get("signature_name", "") or DEFAULT
        if not isinstance(name, str):
            raise Refused("'signature_name' key must be a string value.")
        if name not in version.definitions:
            raise Refused(
                f'Serving signature name: "{name}" not found in signature def'
            )
        taken = version.definitions[name].inputs
        given = {"instances", "inputs"} & set(document)
        if len(given) == 2:
            raise Refused(
                "Not formatted correctly expecting only one of 'inputs' or "
                "'instances' keys to exist "
            )
        if not given:
            raise Refused("Missing 'inputs' or 'instances' key")
        by_row = "instances" in document
        made = (of_rows if by_row else of_columns)(document[given.pop()], taken)
        return answered(version.run(name, made), by_row)


def as_json(message):
    return json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )


# -- gRPC -----------------------------------------------------------------------


def metadata(models, name, number, label):
    version = models.find(name, number, label)
    packed = get_model_metadata_pb2.SignatureDefMap()
    for key, definition in version.definitions.items():
        packed.signature_def[key].CopyFrom(definition)
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = name
    response.model_spec.version.value = version.number
    response.metadata["signature_def"].Pack(packed)
    return response


def as_proto(array):
    made = tf.make_tensor_proto(array)
    field = FIELDS.get(array.dtype.name)
    if field:
        made.ClearField("tensor_content")
        made.ClearField(field)
        getattr(made, field).extend(array.ravel().tolist())
    return made


class Grpc(prediction_service_pb2_grpc.PredictionServiceServicer):
    """`PredictionService`, as far as it is tested with."""

    def __init__(self, models):
        self.models = models

    def Predict(self, request, context):
        return self._reply(self._predict, request, context)

    def GetModelMetadata(self, request, context):
        return self._reply(self._metadata, request, context)

    def _reply(self, answer, request, context):
        spec = request.model_spec
        number = spec.version.value if spec.HasField("version") else None
        try:
            return answer(request, spec.name, number, spec.version_label or None)
        except Refused as error:
            context.abort(grpc.StatusCode[error.status], error.said)

    def _metadata(self, request, *which):
        if list(request.metadata_field) != ["signature_def"]:
            raise Refused(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        return metadata(self.models, *which)

    def _predict(self, request, *which):
        version = self.models.find(*which)
        name = request.model_spec.signature_name or DEFAULT
        if name not in version.definitions:
            told = f'Serving signature key "{name}" not found.'
            raise Refused(told, "FAILED_PRECONDITION")
        for key, proto in request.inputs.items():
            if proto.dtype == types_pb2.DT_INVALID:
                raise Refused(f"Invalid tensor proto of {key}")
        tensors = {key: tf.make_ndarray(one) for key, one in request.inputs.items()}
        found = version.run(name, tensors)
        wanted = list(request.output_filter) or list(found)
        for key in wanted:
            if key not in found:
                raise Refused(
                    f"output tensor alias not found in signature: {key} Outputs "
                    f"expected to be in the set {{{','.join(sorted(found))}}}."
                )
        response = predict_pb2.PredictResponse()
        response.model_spec.name = which[0]
        response.model_spec.signature_name = name
        response.model_spec.version.value = version.number
        for key in wanted:
            response.outputs[key].CopyFrom(as_proto(found[key]))
        return response


def main(configuration):
    models = Models(configuration)
    Rest.models = models
    rest = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    Thread(target=rest.serve_forever, daemon=True).start()
    unlimited = [("grpc.max_receive_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(4), options=unlimited)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Grpc(models), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(json.dumps({"rest": rest.server_port, "grpc": port}) + "\n")
    sys.stdout.flush()
    # Its parent holds the other end: it ends with the parent, however that ends.
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
