"""The kit of an export: it parses, it runs as printed, and no text breaks it."""

import base64
import copy
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,  # noqa: F401 (in the default pool)
)
from ruamel.yaml import YAML
from tensorflow_serving.config import model_server_config_pb2

from mmkeras.serving._kit.write_kit import served_name, write_kit

FILES = {
    "README.md",
    "batching_cpu.config",
    "batching_gpu.config",
    "compose.yaml",
    "expected.json",
    "limits.js",
    "models.config",
    "monitoring.config",
    "nginx.conf",
    "request.json",
}
NASTY = 'a "b" \'c\' {d} $e ${name} %f @NAME@ """ | \\ `g` <h> *i* ```\n# j\n~~~ ä 数'


def strings(*names):
    return {name: {"dtype": "string", "shape": [None]} for name in names}


def numbers(*shape):
    return {"dtype": "float32", "shape": [None, *shape]}


ENCODED = ("image_bytes", "words", "age")
OF_ROW = strings("reason") | {"ok": {"dtype": "int32", "shape": [None]}}
ANSWERS = strings("kind") | {
    "kind_probabilities": numbers(3),
    "kind_top_classes": {"dtype": "string", "shape": [None, 2]},
    "kind_top_probabilities": numbers(2),
    "price": numbers(),
    "match": numbers(),
    "match_image": numbers(16),
}
METADATA = {
    "format": 1,
    "name": "digits",
    "created": "2026-01-01T00:00:00Z",
    "versions": {"mmkeras": "0.1.0", "tensorflow": "2.21.0", "keras": "3.15.1"},
    "inputs": {
        "image": {"type": "image", "size": [16, 16], "optional": False},
        "words": {"type": "text", "optional": True, "on_bad": "missing"},
        "age": {"type": "number", "optional": False, "on_bad": "quarantine"},
    },
    "tasks": {
        "kind": {"type": "classification", "classes": ["high", "low", "mid"]},
        "price": {"type": "regression", "unit": "EUR"},
        "match": {"type": "retrieval", "pair": ["image", "words"]},
    },
    "limits": {
        "image": ["JPEG, PNG, GIF, BMP or WebP", "at most 50,000,000 pixels"],
        "words": ["UTF-8"],
        "age": [],
    },
    "signatures": {
        "serving_default": {"inputs": strings(*ENCODED), "outputs": ANSWERS | OF_ROW},
        "tf_example": {"inputs": strings("examples"), "outputs": ANSWERS | OF_ROW},
        "embed_image": {
            "inputs": strings("image_bytes"),
            "outputs": {"embedding": numbers(64)} | OF_ROW,
        },
    },
    "batch_sizes": [1, 8, 32],
    "top_k": 2,
    "reasons": {"missing": "the value is empty", "damaged": "the bytes are damaged"},
    "examples": "split 'test'",
}
ROW = {"image_bytes": {"b64": "iVBORw0KGgo="}, "words": "", "age": "3.5"}
ANSWER = {
    "kind": "high",
    "kind_probabilities": [0.51234567, 0.3, 0.18765433],
    "kind_top_classes": ["high", "low"],
    "kind_top_probabilities": [0.51234567, 0.3],
    "price": 12.345678,
    "match": 0.0,
    "match_image": [0.25] * 16,
    "ok": 1,
    "reason": "",
}
REQUEST = {"instances": [ROW, ROW | {"words": "seven"}]}
EXPECTED = {"predictions": [ANSWER, ANSWER]}


def write(folder, metadata=METADATA, request=REQUEST, expected=EXPECTED):
    kit = folder / "models" / "1" / "serving"
    write_kit(kit, metadata, request, expected)
    return kit


@pytest.fixture
def kit(tmp_path):
    return write(tmp_path)


def replaced(content, old, new):
    return json.loads(json.dumps(content).replace(json.dumps(old), json.dumps(new)))


def blocks(readme, language):
    """The fenced blocks of a language."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert readme.count("\n```") == 2 * len(fences)
    return [text for found, text in fences if found == language]


def headings(kit):
    """Of the README, without what looks like them in code."""
    readme = (kit / "README.md").read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```$", "", readme, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)


def tables(readme):
    """The cells of each table, of which each line must have as many."""
    found = []
    for lines in re.findall(r"(?:^\|.*\n)+", readme, re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines.splitlines()]
        assert len({len(row) for row in rows}) == 1, lines
        found.append([[cell.strip() for cell in row] for row in rows])
    return found


def test_files_are_there_and_no_others(kit):
    assert {path.name for path in kit.iterdir()} == FILES


def test_no_file_tells_of_this_machine(kit, tmp_path):
    foreign = [str(tmp_path), str(Path.home()), sys.prefix, str(Path(__file__).parent)]
    for path in kit.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [one for one in foreign if one in text], path.name


def test_request_and_answer_are_as_given(kit):
    assert json.loads((kit / "request.json").read_text()) == REQUEST
    assert json.loads((kit / "expected.json").read_text()) == EXPECTED


# Text protos.


def models_of(text):
    message = model_server_config_pb2.ModelServerConfig()
    (config,) = text_format.Parse(text, message).model_config_list.config
    return config


def test_models_config_names_model_and_newest_version(kit):
    config = models_of((kit / "models.config").read_text())
    assert config.name == "digits"
    assert config.base_path == "/models/digits"
    assert config.model_platform == "tensorflow"
    assert config.model_version_policy.latest.num_versions == 1


def test_policies_in_comments_can_be_taken_as_they_are(kit):
    text = (kit / "models.config").read_text()
    policy, labels = re.findall(r"^ +#   (.*)$", text, re.MULTILINE)
    line = "model_version_policy { latest { num_versions: 1 } }"
    assert text.count(line) == 1
    config = models_of(text.replace(line, f"{policy} {labels}"))
    assert config.model_version_policy.specific.versions == [1, 2]
    assert config.version_labels == {"stable": 1}


def message_of(name, **fields):
    """A message of TensorFlow Serving's whose proto is in no package, as documented."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{name}.proto",
        package="documented",
        syntax="proto3",
        dependency=["google/protobuf/wrappers.proto"],
    )
    message = file.message_type.add(name=name)
    for number, (field, kind) in enumerate(fields.items(), 1):
        made = message.field.add(name=field, number=number, label=kinds.LABEL_OPTIONAL)
        if kind == "sizes":
            made.type, made.label = kinds.TYPE_INT64, kinds.LABEL_REPEATED
        elif kind in ("bool", "string"):
            made.type = {"bool": kinds.TYPE_BOOL, "string": kinds.TYPE_STRING}[kind]
        else:
            made.type, made.type_name = kinds.TYPE_MESSAGE, kind
    pool = descriptor_pool.Default()
    found = pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(found.message_types_by_name[name])


@pytest.fixture(scope="module")
def batching():
    """Of tensorflow_serving/servables/tensorflow/session_bundle_config.proto."""
    number, text = ".google.protobuf.Int64Value", ".google.protobuf.StringValue"
    return message_of(
        "BatchingParameters",
        max_batch_size=number,
        batch_timeout_micros=number,
        max_enqueued_batches=number,
        num_batch_threads=number,
        thread_pool_name=text,
        allowed_batch_sizes="sizes",
    )


def test_batching_suits_a_cpu(kit, batching):
    found = text_format.Parse((kit / "batching_cpu.config").read_text(), batching())
    assert found.batch_timeout_micros.value == 0
    # As many as there are cores, if none are given.
    assert not found.HasField("num_batch_threads")
    assert found.max_enqueued_batches.value > 0


def test_batching_suits_a_gpu(kit, batching):
    found = text_format.Parse((kit / "batching_gpu.config").read_text(), batching())
    assert 1_000 <= found.batch_timeout_micros.value <= 10_000
    assert 2 <= found.num_batch_threads.value <= 4
    assert found.max_enqueued_batches.value > 0


@pytest.mark.parametrize("sizes", [[1, 8, 32], [4], [1, 2, 3, 100]])
@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_batches_of_a_gpu_are_of_the_sizes_that_are_warmed_up(
    tmp_path, batching, sizes, kind
):
    kit = write(tmp_path, METADATA | {"batch_sizes": sizes})
    text = (kit / f"batching_{kind}.config").read_text()
    found = text_format.Parse(text, batching())
    # A copy that fills a batch costs a CPU as much as a row.
    assert found.allowed_batch_sizes == (sizes if kind == "gpu" else [])
    # Else the server does not start.
    assert found.max_batch_size.value == sizes[-1]
    assert f"more\n  than {sizes[-1]} rows" in (kit / "README.md").read_text()


def test_monitoring_is_on_where_the_readme_says(kit):
    message_of("PrometheusConfig", enable="bool", path="string")
    whole = message_of(
        "MonitoringConfig", prometheus_config=".documented.PrometheusConfig"
    )
    text = (kit / "monitoring.config").read_text()
    found = text_format.Parse(text, whole()).prometheus_config
    assert found.enable
    assert f"<http://localhost:8501{found.path}>" in (kit / "README.md").read_text()


# Compose.


@pytest.fixture
def services(kit):
    return YAML(typ="safe").load(kit / "compose.yaml")["services"]


def test_only_the_proxy_is_reached_from_outside(kit, services):
    networks = YAML(typ="safe").load(kit / "compose.yaml")["networks"]
    assert "ports" not in services["serving"]
    assert services["proxy"]["ports"] == ["8501:8501"]
    inside = services["serving"]["networks"]
    assert [networks[name]["internal"] for name in inside] == [True]
    assert set(inside) < set(services["proxy"]["networks"])


def test_services_may_do_little(services):
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service["user"].startswith("0")
        assert all(one.endswith(":ro") for one in service["volumes"])


def test_images_are_pinned(services):
    assert services["serving"]["image"] == "tensorflow/serving:2.21.0"
    assert re.fullmatch(r"nginx:1\.\d+", services["proxy"]["image"])


def test_what_is_mounted_is_there(kit, services):
    for service in services.values():
        for volume in service["volumes"]:
            there, _, mode = volume.split(":")
            assert there.startswith("."), "of the folder, wherever it is"
            assert (kit / there).exists()
            assert mode == "ro"
    assert "../..:/models/digits:ro" in services["serving"]["volumes"]


def flags_of(words):
    return [word for word in words if word.startswith("--") and "=" in word]


def test_flags_name_files_of_the_kit_and_are_those_of_the_readme(kit, services):
    flags = services["serving"]["command"]
    named = re.findall(r"=/kit/(\S+)", " ".join(flags))
    assert set(named) == {"models.config", "batching_cpu.config", "monitoring.config"}
    (start, *_) = blocks((kit / "README.md").read_text(), "sh")
    assert flags_of(shlex.split(start)) == flags


class Status(BaseHTTPRequestHandler):
    state = "AVAILABLE"

    def do_GET(self):
        self.send_response(200 if self.path == "/v1/models/digits" else 404)
        self.end_headers()
        self.wfile.write(f'{{"state": "{self.server.state}"}}'.encode())

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("state", ["AVAILABLE", "LOADING", "UNAVAILABLE", None])
def test_health_is_whether_a_version_is_available(services, state):
    *shell, script = services["serving"]["healthcheck"]["test"]
    assert shell == ["CMD", "bash", "-c"]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    if state is None:
        assert subprocess.run(["bash", "-c", at(script, port)]).returncode != 0
        return
    with HTTPServer(("127.0.0.1", 0), Status) as server:
        server.state = state
        threading.Thread(target=server.handle_request, daemon=True).start()
        script = at(script, server.server_port)
        done = subprocess.run(["bash", "-c", script], timeout=20)
    assert (done.returncode == 0) == (state == "AVAILABLE")


def at(script, port):
    assert "/dev/tcp/127.0.0.1/8501" in script
    return script.replace("8501", str(port))


# README.


def test_tables_say_what_is_taken_and_answered(kit):
    taken, answered, classes, reasons, signatures = tables(
        (kit / "README.md").read_text()
    )
    assert [row[0] for row in taken[2:]] == list(ENCODED)
    assert [row[3:] for row in taken[2:]] == [
        ["no", "ok is 0"],
        ["yes", "counts as absent"],
        ["no", "ok is 0"],
    ]
    assert "at most 50,000,000 pixels" in taken[2][2]
    found = {name: (shape, about) for name, shape, about in answered[2:]}
    assert found.keys() == {*ANSWERS, "ok", "reason"}
    assert found["kind"] == ("text", "the class")
    assert found["kind_top_classes"] == ("2 texts", "the likeliest classes, best first")
    assert found["match_image"] == ("16 numbers", "the unit vector of image")
    assert found["price"] == ("number", "the number (unit: EUR)")
    assert classes[2:] == [["kind", "3", "high, low, mid"]]
    assert dict(reasons[2:]) == METADATA["reasons"]
    assert [row[0] for row in signatures[2:]] == ["tf_example", "embed_image"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "multi_label", "separator": "|"}, "joined (separator: \\|)"),
        ({"type": "bounding_box", "format": "xywh"}, "height (format: xywh)"),
        ({"type": "regression", "unit": ["m", "kg"]}, "number (unit: m, kg)"),
        ({"type": "regression", "unit": ""}, "the number |"),
        ({"type": "clustering"}, "the embedding |"),
        ({"type": "of_somebody"}, "the answer |"),
    ],
)
def test_it_is_said_what_an_answer_is(tmp_path, fields, said):
    tasks = METADATA["tasks"] | {"price": fields}
    readme = (write(tmp_path, METADATA | {"tasks": tasks}) / "README.md").read_text()
    assert said in next(line for line in readme.splitlines() if "| price |" in line)


def test_many_classes_are_cut(tmp_path):
    names = [f"class {i}" for i in range(1000)]
    metadata = copy.deepcopy(METADATA)
    metadata["tasks"]["kind"]["classes"] = names
    readme = (write(tmp_path, metadata) / "README.md").read_text()
    assert "1,000" in readme and "class 19, ..." in readme and "class 20" not in readme


def test_readme_of_a_model_without_classes_and_other_signatures(tmp_path):
    metadata = copy.deepcopy(METADATA)
    del metadata["tasks"]["kind"]
    metadata["signatures"] = {
        "serving_default": metadata["signatures"]["serving_default"]
    }
    readme = (write(tmp_path, metadata) / "README.md").read_text()
    assert len(tables(readme)) == 3
    assert "Other signatures" not in readme and "\n\n\n" not in readme


def test_expected_answer_is_shortened_and_still_json(kit):
    row, answer = map(json.loads, blocks((kit / "README.md").read_text(), "json"))
    assert row == {"instances": [ROW]}
    assert answer["kind_probabilities"] == [0.5123, 0.3, 0.1877]
    assert answer["match_image"] == [0.25] * 5 + ["..."]


@pytest.mark.parametrize(
    ("examples", "said"), [("made up", False), ("split 'test'", True)]
)
def test_it_is_said_where_rows_of_the_data_are(tmp_path, examples, said):
    kit = write(tmp_path, METADATA | {"examples": examples})
    assert ("rows of the data set" in (kit / "README.md").read_text()) == said


@pytest.mark.parametrize(
    ("version", "image"),
    [
        ("2.21.0", "2.21.0"),
        ("2.22.1rc0", "2.22.1"),
        ("2.21.0+cpu", "2.21.0"),
        ("x", "latest"),
    ],
)
def test_image_is_the_one_of_the_release(tmp_path, version, image):
    kit = write(
        tmp_path,
        METADATA | {"versions": METADATA["versions"] | {"tensorflow": version}},
    )
    assert f"tensorflow/serving:{image} " in (kit / "README.md").read_text()
    assert f"tensorflow/serving:{image}\n" in (kit / "compose.yaml").read_text()


# Names and texts.

NAMES = [
    ("digits", "digits"),
    ("My_Digits2", "My_Digits2"),
    ("my digits!", "my-digits"),
    ("Zähler", "Zahler"),
    ("a/b:c?d#e", "a-b-c-d-e"),
    ("../..", "model"),
    ("数字", "model"),
    ("-x-", "x"),
    (NASTY, None),
]


@pytest.mark.parametrize(("name", "served"), NAMES)
def test_name_is_served_as_one_that_needs_no_quoting(tmp_path, name, served):
    found = served_name(name)
    assert served in (None, found)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", found)
    kit = write(tmp_path, METADATA | {"name": name})
    assert models_of((kit / "models.config").read_text()).name == found
    project = YAML(typ="safe").load(kit / "compose.yaml")["name"]
    # As Compose wants it.
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", project)
    assert f"^/v1/models/{found}(" in (kit / "nginx.conf").read_text()
    assert len(headings(kit)) == len(headings(write(tmp_path / "plain")))


@pytest.fixture
def nasty(tmp_path):
    """A kit whose every text of a spec is hard to quote."""
    metadata = METADATA | {"examples": NASTY, "created": NASTY}
    metadata = metadata | {"reasons": {NASTY: NASTY}, "limits": {"image": [NASTY]}}
    for old in ("high", "image_bytes", "words", "kind"):
        metadata = replaced(metadata, old, f"{NASTY}{old}")
    metadata["inputs"][NASTY] = metadata["inputs"].pop("image")
    request = replaced(REQUEST, "image_bytes", f"{NASTY}_bytes")
    request = replaced(request, "seven", NASTY)
    request["instances"][0]["words"] = NASTY
    return write(
        tmp_path / "nasty", metadata, request, replaced(EXPECTED, "high", NASTY)
    )


def test_texts_are_in_the_readme_and_json_alone(nasty, kit):
    for name in FILES - {"README.md", "request.json", "expected.json"}:
        assert (nasty / name).read_bytes() == (kit / name).read_bytes()


def test_texts_break_no_readme(nasty, kit):
    readme = (nasty / "README.md").read_text(encoding="utf-8")
    for text in blocks(readme, "python"):
        compile(text, "README.md", "exec")
    for text in blocks(readme, "json"):
        json.loads(text)
    for text in blocks(readme, "sh"):
        subprocess.run(["bash", "-n"], input=text.encode(), check=True)
    assert len(blocks(readme, "sh")) == 5
    assert len(tables(readme)) == 5
    assert headings(nasty) == headings(kit)


def test_texts_are_what_is_sent(nasty):
    """The command for one row, and what a shell makes of it."""
    command = next(
        text
        for text in blocks((nasty / "README.md").read_text(encoding="utf-8"), "sh")
        if NASTY.split("\n")[0].split('"')[0] in text and "curl -d" in text
    )
    (body,) = (word for word in shlex.split(command) if word.startswith("{"))
    sent = json.loads((nasty / "request.json").read_text(encoding="utf-8"))
    assert json.loads(body) == {"instances": sent["instances"][:1]}


# What runs as it is printed.


@pytest.fixture
def small_kit(exported, server, tmp_path):
    """A real export's kit, that asks a server of this test's."""
    kit = tmp_path / "serving"
    shutil.copytree(exported / "1" / "serving", kit)
    readme = (kit / "README.md").read_text()
    for port, here in {"8501": server.rest, "8500": server.grpc}.items():
        readme = readme.replace(f"localhost:{port}", f"127.0.0.1:{here}")
    (kit / "README.md").write_text(readme)
    return kit


def run(kit, command, **options):
    """What a command prints, run in the kit."""
    done = subprocess.run(command, cwd=kit, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def answers_of(kit):
    return json.loads((kit / "expected.json").read_text())["predictions"]


def check_near(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        for name, value in other.items():
            numbers = np.asarray(value).dtype.kind == "f"
            assert one[name] == (pytest.approx(value, abs=1e-5) if numbers else value)


def test_curl_in_the_readme_gets_what_is_expected(small_kit):
    if not shutil.which("curl"):
        pytest.skip("curl is not here")
    shell = blocks((small_kit / "README.md").read_text(), "sh")
    _, status, whole, one, _ = shell
    assert '"AVAILABLE"' in run(small_kit, ["bash", "-c", status])
    expected = answers_of(small_kit)
    found = json.loads(run(small_kit, ["bash", "-c", whole]))["predictions"]
    check_near(found, expected)
    found = json.loads(run(small_kit, ["bash", "-c", one]))["predictions"]
    check_near(found, expected[:1])


def test_code_in_the_readme_gets_what_is_expected(small_kit, monkeypatch, capsys):
    monkeypatch.chdir(small_kit)
    kinds = [row["kind"] for row in answers_of(small_kit)]
    printed = []
    for code in blocks((small_kit / "README.md").read_text(), "python"):
        exec(compile(code, "README.md", "exec"), {})
        printed.append(capsys.readouterr().out)
    by_requests, by_client, by_grpc = printed
    assert [line.split() for line in by_requests.splitlines()] == [
        ["1", kind] for kind in kinds
    ]
    assert repr(kinds[0]) in by_client
    named = dict(line.split(" ", 1) for line in by_grpc.splitlines() if "kind " in line)
    assert re.findall(r"b'(\w+)'", named["kind"]) == kinds[: named["kind"].count("b'")]


def test_real_kit_holds_what_this_test_thinks(small_kit):
    assert {path.name for path in small_kit.iterdir()} == FILES
    taken, *_ = tables((small_kit / "README.md").read_text())
    assert {row[0] for row in taken[2:]} == {"image_bytes", "words", "sound_bytes"}
    row = json.loads((small_kit / "request.json").read_text())["instances"][0]
    assert base64.b64decode(row["image_bytes"]["b64"])
