"""A client of what is served: typed answers, and errors that say what to do."""

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest
import soundfile
from PIL import Image

import mmkeras as mm
from mmkeras.modalities._to_image import pixels_to_png
from mmkeras.modalities._to_wav import samples_to_wav
from mmkeras.serving._client.values import encode
from mmkeras.serving.answer import Answer
from mmkeras.serving.client import Client
from mmkeras.serving.task_answer import TaskAnswer

# float32 sums in another order; the served graph is the same but for fusions.
TOLERANCE = 1e-5
ROWS = range(9)


@pytest.fixture(params=[True, False], ids=["rest", "grpc"])
def ask(request, server):
    """`ask("small")`: a client of that model."""
    with contextlib.ExitStack() as stack:
        yield lambda model: stack.enter_context(
            Client(server.url(model, request.param))
        )


@pytest.fixture(scope="module")
def rows(small_data):
    """What a client would send for the test split."""
    return [small_data["test"].encoded(row) for row in ROWS]


def probabilities(answers):
    return np.stack([answer["kind"].probabilities for answer in answers])


# -- answers --------------------------------------------------------------------


def test_answers_are_those_of_the_model(ask, small_model, small_data, rows):
    expected = mm.predict(small_model, small_data["test"])["kind"][: len(rows)]
    task = small_data.spec.tasks["kind"]
    answers = ask("small").predict_batch(rows)
    np.testing.assert_allclose(probabilities(answers), expected, atol=TOLERANCE, rtol=0)
    values = [answer["kind"].value for answer in answers]
    assert values == task.answers(expected).tolist()
    for answer, shares in zip(answers, expected, strict=True):
        order = np.argsort(-shares)
        names, found = zip(*answer["kind"].top, strict=True)
        assert list(names) == [task.classes[place] for place in order]
        np.testing.assert_allclose(found, shares[order], atol=TOLERANCE, rtol=0)
        assert answer.ok and answer.reasons == {}


def test_one_row_is_answered_as_in_a_batch(ask, rows):
    client = ask("small")
    alone = [client.predict(**row) for row in rows]
    np.testing.assert_allclose(
        probabilities(alone),
        probabilities(client.predict_batch(rows)),
        atol=TOLERANCE,
        rtol=0,
    )


def test_rest_and_grpc_give_equal_answers(server):
    rows = [{"image": b"a" * n, "words": "zoë"} for n in range(9)]
    found = []
    for rest in (True, False):
        with Client(server.url("kinds", rest)) as client:
            found.append(client.predict_batch(rows))
    for one, other in zip(*found, strict=True):
        assert (one.ok, one.reasons) == (other.ok, other.reasons)
        assert list(one.answers) == list(other.answers)
        for task, mine in one.answers.items():
            theirs = other[task]
            assert type(mine.value) is type(theirs.value)
            np.testing.assert_array_equal(mine.value, theirs.value)
            assert mine.top == theirs.top
            if mine.probabilities is None:
                assert theirs.probabilities is None
            else:
                assert mine.probabilities.dtype == theirs.probabilities.dtype
                np.testing.assert_array_equal(mine.probabilities, theirs.probabilities)


def test_answers_have_the_type_of_their_task(ask):
    answer = ask("kinds").predict(image=b"abc", words="b|ç")
    assert answer["sure"].value == "yes"
    assert answer["sure"].probabilities.dtype == "float32"
    assert answer["sure"].probabilities.tolist() == [0.25, 0.75]
    assert answer["sure"].top == ()
    assert type(answer["size"].value) is float and answer["size"].value == 1
    assert answer["size"].probabilities is None
    assert answer["box"].value.tolist() == [3, 4, 5, 6]
    assert answer["box"].value.dtype == "float32"
    assert answer["tags"].value == "b|ç"
    assert answer["tags"].top == (("b", 0.75), ("ç", 0.5))
    assert answer["match"].value == 0.75
    assert answer["match_image"].value.shape == (2,)
    names = ["box", "match", "match_image", "size", "sure", "tags"]
    assert list(answer.answers) == names


def test_bad_row_is_told_and_changes_no_other(ask, rows):
    client = ask("small")
    good = probabilities(client.predict_batch(rows[:3]))
    bad = rows[1] | {"image": rows[1]["image"][:40], "sound": None}
    answers = client.predict_batch([rows[0], bad, rows[2]])
    assert [answer.ok for answer in answers] == [True, False, True]
    assert answers[1].reasons == {"image": "damaged", "sound": "missing"}
    assert answers[1].answers == {}
    with pytest.raises(ValueError, match=r"image: damaged, sound: missing\. Look at"):
        answers[1]["kind"]
    np.testing.assert_allclose(
        probabilities(answers[::2]), good[::2], atol=TOLERANCE, rtol=0
    )


def test_unknown_task_is_told():
    answer = Answer(True, {}, {"kind": TaskAnswer("a")})
    with pytest.raises(KeyError, match="Did you mean 'kind'"):
        answer["kinds"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            Answer(True, {}, {"kind": TaskAnswer("a", None, (("a", 0.91234),))}),
            "Answer(kind='a' (0.912))",
        ),
        (
            Answer(True, {}, {"tags": TaskAnswer("a|b", None, (("a", 0.9),))}),
            "Answer(tags='a|b')",
        ),
        (
            Answer(True, {"sound": "damaged"}, {"size": TaskAnswer(2.123456789)}),
            "Answer(size=2.12346, reasons={'sound': 'damaged'})",
        ),
        (
            Answer(False, {"image": "missing"}, {}),
            "Answer(ok=False, reasons={'image': 'missing'})",
        ),
        (TaskAnswer(np.float32([0.1, 2])), "TaskAnswer([0.1, 2.0])"),
        (TaskAnswer(np.zeros(64, "float32")), "TaskAnswer(float32 of shape (64,))"),
        (
            TaskAnswer("a", np.float32([0.25, 0.75])),
            "TaskAnswer('a', probabilities=[0.25, 0.75])",
        ),
        (
            TaskAnswer("a", np.float32([0.25, 0.75]), (("a", 0.75),)),
            "TaskAnswer('a', top=(('a', 0.75),))",
        ),
    ],
)
def test_answers_print_what_matters(answer, expected):
    assert repr(answer) == expected


# -- vectors --------------------------------------------------------------------


def test_vectors_are_those_of_the_model(ask, small_model, small_data, rows):
    import keras

    embedding = keras.Model(small_model.input, small_model.get_layer("fusion").output)
    inputs = next(iter(small_data["test"].batches(len(rows))))[0]
    found = ask("small").embed(rows)
    assert found.dtype == "float32"
    expected = embedding.predict_on_batch(inputs)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)


def test_vectors_of_one_input_and_of_a_retrieval(ask):
    client = ask("kinds")
    found = client.embed([b"a", b"bcd"], "image")
    assert found.dtype == "float32"
    assert found.tolist() == [[1, -1], [3, -3]]
    unit = client.embed([b"a", b"bcd"], "image", task="match")
    assert unit.tolist() == [[1, 1, 1], [3, 3, 3]]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([b"a"], "picture"), "Known: 'image'"),
        (([b"a"], "imag"), "Did you mean 'image'"),
        (([{"image": b"a"}],), r"or `None` where it fuses several.*Known: 'image'"),
        (([b"a", b"", None], "image"), r"of rows\[1\] \(image: missing\), rows\[2\]"),
        (([None] * 7, "image"), r"rows\[4\] \(image: missing\) and 2 more. Leave"),
        (([], "image"), "one row or more"),
    ],
)
def test_vectors_that_there_are_not(ask, arguments, match):
    with pytest.raises(ValueError, match=match):
        ask("kinds").embed(*arguments)


@pytest.mark.parametrize("task", ["matches", "ok", "embedding"])
def test_task_without_vectors_is_refused(ask, task):
    with pytest.raises(ValueError, match="Known: 'match'"):
        ask("kinds").embed([b"a"], "image", task=task)


# -- values ---------------------------------------------------------------------


def test_values_of_every_kind_are_answered_alike(ask, rows, tmp_path):
    client = ask("small")
    (tmp_path / "a.png").write_bytes(rows[0]["image"])
    (tmp_path / "a.wav").write_bytes(rows[0]["sound"])
    pixels = cv2.imread(str(tmp_path / "a.png"))[..., ::-1]
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    words = rows[0]["words"].decode()
    assert words
    asked = [
        rows[0],
        {"image": tmp_path / "a.png", "sound": tmp_path / "a.wav", "words": words},
        {"image": str(tmp_path / "a.png"), "sound": str(tmp_path / "a.wav")},
        {"image": pixels, "sound": (samples, rate)},
        {"image": Image.fromarray(pixels), "sound": memoryview(rows[0]["sound"])},
    ]
    found = probabilities(client.predict_batch([{"words": words} | x for x in asked]))
    expected = np.broadcast_to(found[0], found.shape)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("absent", [{"words": None}, {"words": ""}, {}])
def test_absent_input_is_none_or_no_key(ask, rows, absent):
    client = ask("small")
    row = {name: value for name, value in rows[0].items() if name != "words"}
    found = client.predict(**row, **absent)["kind"].probabilities
    expected = client.predict(**row, words=float("nan"))["kind"].probabilities
    other = client.predict(**rows[0])["kind"].probabilities
    np.testing.assert_array_equal(found, expected)
    assert np.abs(found - other).max() > TOLERANCE


PIXELS = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype("uint8")
SAMPLES = np.arange(-50, 50).astype("int16")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PIXELS, pixels_to_png(PIXELS)),
        (PIXELS[..., 0], pixels_to_png(PIXELS[..., 0])),
        (PIXELS[..., :1], pixels_to_png(PIXELS[..., :1])),
        ((SAMPLES, 8000), samples_to_wav(SAMPLES, 8000)),
        ((PIXELS[..., 0], np.int64(8000)), samples_to_wav(PIXELS[..., 0], 8000)),
        (bytearray(b"ab"), b"ab"),
        ("", b""),
        (None, b""),
        (float("nan"), b""),
    ],
)
def test_media_are_encoded_without_loss(value, expected):
    assert encode("predict", "image", value, binary=True) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("zoë", "zoë".encode()),
        ("zoë".encode(), "zoë".encode()),
        (3, b"3"),
        # As a table's cell is read: the same label in every format.
        (3.0, b"3"),
        (np.float32(0.1), b"0.1"),
        (np.int64(-3), b"-3"),
        (True, b"True"),
        (None, b""),
        (float("nan"), b""),
    ],
)
def test_text_and_numbers_are_sent_as_text(value, expected):
    assert encode("predict", "words", value, binary=False) == expected


def test_camera_held_upright_gives_an_upright_picture():
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # To be turned by 90 degrees clockwise.
    Image.fromarray(PIXELS).save(file, "TIFF", exif=exif)
    encoded = encode("predict", "image", Image.open(file), binary=True)
    found = cv2.imdecode(np.frombuffer(encoded, "uint8"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found[..., ::-1], np.rot90(PIXELS, -1))


@pytest.mark.parametrize(
    ("value", "kind", "match"),
    [
        ("nope.png", FileNotFoundError, "`image` must be a file.*No such file"),
        (Path(), IsADirectoryError, "Is a directory"),
        ("a\0b", ValueError, "`image` must be a path"),
        (3, TypeError, "a path, bytes, an array of pixels, a PIL image or"),
        ((SAMPLES, 8000, 1), TypeError, r"or `\(samples, sample_rate\)`"),
        (SAMPLES, ValueError, r"need their rate: give `\(samples, sample_rate\)`"),
        ((SAMPLES, 0.5), TypeError, "Pass a whole number such as 16000"),
        (([0.1], 8000), TypeError, "Convert with `numpy.asarray`"),
        (PIXELS / 255, TypeError, r"use `.astype\('uint8'\)`"),
        (np.zeros((3, 5, 6), "uint8"), ValueError, "Put the channels last"),
        (np.zeros((2, 2), object), TypeError, "uint8 or uint16"),
        (Image.new("CMYK", (2, 2)), ValueError, "`image` cannot be encoded.*CMYK"),
    ],
)
def test_media_that_cannot_be_sent(value, kind, match):
    with pytest.raises(kind, match=match):
        encode("predict", "image", value, binary=True)


def test_empty_file_is_no_absent_input(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(ValueError, match="Give `None` where the input is absent"):
        encode("predict", "image", tmp_path / "empty.png", binary=True)


@pytest.mark.parametrize(
    ("value", "kind", "match"),
    [
        (["a"], TypeError, "`words` must be text or a number"),
        (np.zeros(2), TypeError, "`words` must be text or a number"),
        ("\ud800", ValueError, "text that UTF-8 can hold"),
        (b"\xff", ValueError, "text in UTF-8"),
    ],
)
def test_text_that_cannot_be_sent(value, kind, match):
    with pytest.raises(kind, match=match):
        encode("predict", "words", value, binary=False)


# -- wrong calls ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "kind", "match"),
    [
        ({"imag": b"a"}, ValueError, "`imag` must be an input.*Did you mean 'image'"),
        ({"image_bytes": b"a"}, ValueError, "Did you mean 'image'"),
        ({"image": "nope.png"}, FileNotFoundError, "`Client.predict`: `image` must"),
        ({"image": b"a", "words": []}, TypeError, "`words` must be text or a number"),
    ],
)
def test_wrong_row_is_refused(ask, row, kind, match):
    with pytest.raises(kind, match=match):
        ask("kinds").predict(**row)


@pytest.mark.parametrize(
    ("rows", "kind", "match"),
    [
        ([], ValueError, "one row or more"),
        ({"image": b"a"}, TypeError, r"Put it in a list"),
        (3, TypeError, r"Put it in a list"),
        ([b"a"], TypeError, r"`table.to_dict\('records'\)`"),
        ([{}, {"imag": b"a"}], ValueError, r"`rows\[1\]\['imag'\]` must be an input"),
        ([{}, {"image": 3}], TypeError, r"`rows\[1\]\['image'\]` must be a path"),
    ],
)
def test_wrong_rows_are_refused(ask, rows, kind, match):
    with pytest.raises(kind, match=match):
        ask("kinds").predict_batch(rows)


@pytest.mark.parametrize(
    ("model", "match"),
    [
        ("nope", r"no model 'nope' that is ready: Servable not found.*Latest\(nope\)"),
        ("foreign/versions/9", r"no model 'foreign' \(version 9\) that is ready"),
        ("foreign/labels/no", "Unrecognized servable version label: no"),
        ("foreign", "is none that mmkeras exported.*Export it with `mm.export`"),
    ],
)
def test_model_that_is_not_there_or_not_ours(ask, model, match):
    with pytest.raises(ValueError, match=match):
        ask(model).predict(image=b"a")


def test_version_and_label_are_asked_for(ask, rows):
    expected = ask("small").predict(**rows[0])["kind"].probabilities
    for which in ("versions/1", "labels/stable"):
        found = ask(f"small/{which}").predict(**rows[0])["kind"].probabilities
        np.testing.assert_allclose(found, expected, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8501",
        "http://localhost:8501",
        "http://localhost:8501/v1/models/",
        "http://localhost:8501/v1/models/a:predict",
        "http://localhost:8501/v1/models/a/versions/x",
        "http://localhost:8501/v1/models/a/version/1",
        "grpc://localhost:8500",
        "grpc://localhost:8500/v1/models/a",
        "grpcs://localhost:8500/a",
    ],
)
def test_wrong_url_is_refused(url):
    with pytest.raises(ValueError, match="Give one such as 'http://localhost:8501/v1"):
        Client(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]:8501/v1/models/a%20b/",
        "https://host/behind/a/proxy/v1/models/a/labels/b",
        "grpc://host:1/a/versions/12",
        "grpc://[::1]:8500/a/labels/b/",
    ],
)
def test_url_is_taken_as_it_is(url):
    assert repr(Client(url)) == f"Client({url.rstrip('/')!r})"


@pytest.mark.parametrize(
    ("arguments", "kind", "match"),
    [
        ({"url": 3}, TypeError, "Give one such as"),
        ({"timeout": 0}, ValueError, "`timeout` must be above 0"),
        ({"timeout": "3"}, TypeError, "`timeout` must be a number"),
        ({"headers": "token"}, TypeError, "`headers` must be a dict of texts"),
        ({"headers": {"a": 1}}, TypeError, "`headers` must be a dict of texts"),
    ],
)
def test_wrong_arguments_are_refused(arguments, kind, match):
    with pytest.raises(kind, match=match):
        Client(**{"url": "grpc://localhost:8500/a"} | arguments)


# -- servers that fail ----------------------------------------------------------


@pytest.fixture
def web():
    """`web(status, body)`: the URL of what answers so; `web.heard`: all headers."""
    reply, release = {}, threading.Event()

    class Reply(BaseHTTPRequestHandler):
        def do_GET(self):
            web.heard.append(dict(self.headers))
            if reply["status"] is None:
                release.wait()
                return
            self.send_response(reply["status"])
            self.send_header("Content-Length", str(len(reply["body"])))
            self.end_headers()
            self.wfile.write(reply["body"])

        do_POST = do_GET

        def log_message(self, *told):
            pass

    def web(status, body=b""):
        reply.update(status=status, body=body)
        return f"http://127.0.0.1:{server.server_port}/v1/models/digits"

    web.heard = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Reply) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield web
        release.set()
        server.shutdown()
        thread.join()


def failure(status, said):
    return status, json.dumps({"error": said}).encode()


@pytest.mark.parametrize(
    ("reply", "kind", "match"),
    [
        (failure(400, "no good"), ValueError, "refused the request: no good"),
        (failure(413, "too large"), ValueError, "refused the request: too large"),
        (failure(404, "no such"), ValueError, "no model 'digits' that is ready: no s"),
        (failure(401, "who?"), PermissionError, r"in: who\?. Give `headers={'Auth"),
        (failure(403, "no"), PermissionError, "Give `headers={'Authorization'"),
        (failure(500, "oh"), ConnectionError, "could not answer, HTTP 500: oh. Look"),
        (failure(503, "full"), ConnectionError, "HTTP 503: full. Look at the server's"),
        ((502, b"<html>"), ConnectionError, "HTTP 502 Bad Gateway. Look at the ser"),
        ((404, b"<html>"), ValueError, "that is ready: HTTP 404 Not Found. Correct"),
        ((200, b"<html>"), ConnectionError, "is not TensorFlow Serving.*Correct the"),
        ((200, b"[1]"), ConnectionError, "is not TensorFlow Serving: it has no meta"),
        ((200, b'{"metadata": {}}'), ConnectionError, "is not TensorFlow Serving"),
    ],
)
def test_failing_rest_server_is_told(web, reply, kind, match):
    with Client(web(*reply)) as client, pytest.raises(kind, match=match):
        client.predict(image=b"a")


def test_rest_server_that_is_slow(web):
    with (
        Client(web(None), timeout=0.05) as client,
        pytest.raises(TimeoutError, match=r"within 0.05 seconds. Raise `timeout`"),
    ):
        client.predict(image=b"a")


def metadata_and(*predictions):
    """What a server tells, whatever it is asked."""
    definition = {
        "inputs": {"image_bytes": {}},
        "outputs": {
            "kind": {"dtype": "DT_STRING"},
            "ok": {"dtype": "DT_INT32"},
            "reason": {"dtype": "DT_STRING"},
        },
    }
    inner = {"signature_def": {"serving_default": definition}}
    told = {"metadata": {"signature_def": inner}, "predictions": predictions}
    return 200, json.dumps(told).encode()


def test_answer_without_its_rows_is_told(web):
    with (
        Client(web(*metadata_and())) as client,
        pytest.raises(ConnectionError, match="no prediction for each row"),
    ):
        client.predict(image=b"a")


def test_model_that_became_another_one_is_told(web):
    with (
        Client(web(*metadata_and({"ok": 1, "reason": ""}))) as client,
        pytest.raises(ValueError, match=r"no 'kind' any more.*Make a new `Client`"),
    ):
        client.predict(image=b"a")


class Statuses(grpc.GenericRpcHandler):
    """Answers each call with a status, and keeps its headers."""

    def __init__(self, status, release):
        self.status, self.release, self.heard = status, release, {}

    def service(self, call):
        self.heard |= dict(call.invocation_metadata)
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, request, context):
        if self.status is None:
            self.release.wait()
        context.abort(self.status or grpc.StatusCode.OK, "so it is")


@contextlib.contextmanager
def grpc_server(status):
    release = threading.Event()
    handler = Statuses(status and grpc.StatusCode[status], release)
    server = grpc.server(futures.ThreadPoolExecutor(1), [handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}/digits", handler
    finally:
        release.set()
        server.stop(None).wait()


@pytest.mark.parametrize(
    ("status", "kind", "match"),
    [
        ("INVALID_ARGUMENT", ValueError, "refused the request: so it is"),
        ("FAILED_PRECONDITION", ValueError, "refused the request: so it is"),
        ("NOT_FOUND", ValueError, "no model 'digits' that is ready: so it is"),
        ("UNAUTHENTICATED", PermissionError, "Give `headers={'Authorization'"),
        ("PERMISSION_DENIED", PermissionError, "Give `headers={'Authorization'"),
        ("INTERNAL", ConnectionError, "could not answer, INTERNAL: so it is. Look"),
        ("UNAVAILABLE", ConnectionError, "no answer from.*so it is. Look whether"),
    ],
)
def test_failing_grpc_server_is_told(status, kind, match):
    with (
        grpc_server(status) as (url, _),
        Client(url) as client,
        pytest.raises(kind, match=match),
    ):
        client.predict(image=b"a")


def test_grpc_server_that_is_slow():
    with (
        grpc_server(None) as (url, _),
        Client(url, timeout=0.1) as client,
        pytest.raises(TimeoutError, match=r"within 0.1 seconds. Raise `timeout`"),
    ):
        client.predict(image=b"a")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1/models/digits", "grpc://127.0.0.1:1/digits"]
)
def test_server_that_is_down(url):
    with (
        Client(url, timeout=20) as client,
        pytest.raises(ConnectionError, match=r"refused.*REST at port 8501 and gRPC at"),
    ):
        client.predict(image=b"a")


def test_headers_are_sent_with_every_request(web):
    token = {"Authorization": "Bearer 3"}
    with (
        Client(web(500), headers=token) as client,
        pytest.raises(ConnectionError),
    ):
        client.predict(image=b"a")
    assert web.heard[0]["Authorization"] == "Bearer 3"
    with (
        grpc_server("INTERNAL") as (url, handler),
        Client(url, headers=token) as client,
        pytest.raises(ConnectionError),
    ):
        client.predict(image=b"a")
    assert handler.heard["authorization"] == "Bearer 3"


WITHOUT_TENSORFLOW = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
from mmkeras.serving.client import Client

with Client(sys.argv[1]) as client:
    print(client.predict(image=b"abc")["kind"].value)
"""


def test_rest_needs_no_tensorflow(web):
    pytest.importorskip("jax")
    url = web(*metadata_and({"kind": "yes", "ok": 1, "reason": ""}))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, url],
        capture_output=True,
        text=True,
        env=os.environ | {"KERAS_BACKEND": "jax"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "yes\n"
