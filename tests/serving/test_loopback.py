"""The contract that clients count on, of the test's server and of the real one."""

import base64
import json

import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

TEXT = base64.b64encode(b"\xff\0a").decode()


def post(server, model, body):
    text = body if isinstance(body, str) else json.dumps(body)
    answer = requests.post(f"{server.url(model)}:predict", data=text, timeout=60)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("model", "body", "expected"),
    [
        # An only output has no name, and the newest version is asked.
        ("foreign", {"instances": [1.0, 2]}, {"predictions": [3.5, 4.0]}),
        ("foreign", {"instances": [{"x": 1.0}]}, {"predictions": [3.5]}),
        ("foreign", {"inputs": [1.0, 2.0]}, {"outputs": [3.5, 4.0]}),
        ("foreign", {"inputs": {"x": [0.2]}}, {"outputs": [3.1]}),
        ("foreign/versions/1", {"instances": [1.0]}, {"predictions": [2.5]}),
        ("foreign/labels/stable", {"instances": [1.0]}, {"predictions": [2.5]}),
        # What is binary is so by its name's end.
        (
            "foreign",
            {
                "signature_name": "echo",
                "instances": [{"text_bytes": {"b64": TEXT}, "text": "ç\n"}],
            },
            {"predictions": [{"both_bytes": {"b64": TEXT}, "both": "ç\n"}]},
        ),
        (
            "foreign",
            {
                "signature_name": "echo",
                "inputs": {"text_bytes": [{"b64": TEXT}], "text": [{"b64": "YQ=="}]},
            },
            {"outputs": {"both_bytes": [{"b64": TEXT}], "both": ["a"]}},
        ),
    ],
)
def test_rest_answers_as_it_was_asked(server, model, body, expected):
    assert post(server, model, body) == (200, expected)


@pytest.mark.parametrize(
    ("model", "body", "status", "said"),
    [
        ("none", {"instances": [1]}, 404, "Servable not found for request: Latest(non"),
        ("foreign/versions/9", {"instances": [1]}, 404, "Specific(foreign, 9)"),
        ("foreign/labels/x", {"instances": [1]}, 400, "Unrecognized servable version"),
        ("foreign/version/9", {"instances": [1]}, 400, "Malformed request"),
        ("foreign", "", 400, "The document is empty"),
        ("foreign", "{", 400, "JSON Parse error"),
        ("foreign", {}, 400, "Missing 'inputs' or 'instances' key"),
        ("foreign", {"instances": [1], "inputs": [1]}, 400, "only one of"),
        ("foreign", {"instances": []}, 400, "No values in 'instances' array"),
        ("foreign", {"instances": ["a"]}, 400, "is not of expected type: float"),
        ("foreign", {"instances": [{"y": 1.0}]}, 400, "does not have named input: y"),
        ("foreign", {"instances": [1000.0]}, 400, "too large a number"),
        ("foreign", {"signature_name": "x", "instances": [1]}, 400, "not found in"),
        ("kinds", {"instances": ["a"]}, 400, "expecting list of objects"),
        ("kinds", {"instances": [{"words": "a"}]}, 400, "keys must be equal to"),
        (
            "kinds",
            {"instances": [{"words": 3, "image_bytes": "a"}]},
            400,
            "is not of expected type: string",
        ),
        (
            "kinds",
            {"instances": [{"words": "", "image_bytes": {"b64": "*"}}]},
            400,
            "Unable to base64 decode",
        ),
    ],
)
def test_rest_refuses_with_a_status_and_an_error(server, model, body, status, said):
    found, content = post(server, model, body)
    assert found == status
    assert list(content) == ["error"]
    assert said in content["error"]


def test_status_names_the_versions(server):
    answer = requests.get(server.url("foreign"), timeout=60).json()
    found = {one["version"]: one["state"] for one in answer["model_version_status"]}
    assert found == {"1": "AVAILABLE", "2": "AVAILABLE"}
    assert requests.get(server.url("none"), timeout=60).status_code == 404


def test_metadata_has_the_signatures(server):
    answer = requests.get(f"{server.url('kinds')}/metadata", timeout=60).json()
    assert answer["model_spec"]["name"] == "kinds"
    signatures = answer["metadata"]["signature_def"]["signature_def"]
    tensor = signatures["serving_default"]["inputs"]["image_bytes"]
    assert tensor["dtype"] == "DT_STRING"
    assert [one["size"] for one in tensor["tensor_shape"]["dim"]] == ["-1"]
    assert signatures["embed_image"]["outputs"]["embedding"]["dtype"] == "DT_FLOAT"


@pytest.fixture
def stub(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel:
        yield PredictionServiceStub(channel)


def predict(stub, model, signature="", wanted=(), **tensors):
    request = PredictRequest(output_filter=wanted)
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    for name, value in tensors.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return stub.Predict(request, timeout=60)


def test_grpc_gives_the_very_floats(stub):
    numbers = np.array([0.1, 1e-7, 3], "float32")
    answer = predict(stub, "foreign", x=numbers)
    found = tf.make_ndarray(answer.outputs["y"])
    np.testing.assert_array_equal(found, numbers / 2 + np.float32(3))
    assert found.dtype == "float32"
    assert answer.model_spec.version.value == 2
    assert answer.model_spec.signature_name == "serving_default"


def test_grpc_gives_what_is_asked_for(stub):
    given = {"text_bytes": [b"\xff\0"], "text": [b"a"]}
    answer = predict(stub, "foreign", "echo", ["both_bytes"], **given)
    assert list(answer.outputs) == ["both_bytes"]
    assert tf.make_ndarray(answer.outputs["both_bytes"]).tolist() == [b"\xff\0"]


@pytest.mark.parametrize(
    ("model", "signature", "tensors", "status", "said"),
    [
        ("none", "", {}, "NOT_FOUND", "Latest(none)"),
        ("foreign", "x", {}, "FAILED_PRECONDITION", 'signature key "x" not found'),
        ("foreign", "", {}, "INVALID_ARGUMENT", "Missing but required: {x}"),
        ("foreign", "", {"x": [b"a"]}, "INVALID_ARGUMENT", "to be float"),
        ("foreign", "", {"x": [200.0]}, "INVALID_ARGUMENT", "too large a number"),
    ],
)
def test_grpc_refuses_with_a_status(stub, model, signature, tensors, status, said):
    with pytest.raises(grpc.RpcError) as raised:
        predict(stub, model, signature, **tensors)
    assert raised.value.code().name == status
    assert said in raised.value.details()


def test_grpc_metadata_must_be_asked_for_by_name(stub):
    request = GetModelMetadataRequest()
    request.model_spec.name = "kinds"
    with pytest.raises(grpc.RpcError) as raised:
        stub.GetModelMetadata(request, timeout=60)
    assert raised.value.code().name == "INVALID_ARGUMENT"
