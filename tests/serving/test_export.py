"""Exported models: raw bytes in, the in-memory model's answers out."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import mmkeras as mm

# float32 sums in another order; the served graph is the same but for fusions.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def version(small_model, small_data, tmp_path_factory):
    return mm.export(
        small_model,
        small_data.spec,
        tmp_path_factory.mktemp("serving") / "small",
        examples=small_data["test"],
    )


@pytest.fixture(scope="module")
def signatures(version):
    return tf.saved_model.load(str(version)).signatures


def ask(signature, request):
    """The signature's answers, NumPy arrays by name."""
    tensors = {name: tf.constant(value) for name, value in request.items()}
    return {name: value.numpy() for name, value in signature(**tensors).items()}


ANSWERS = ["kind", "kind_probabilities", "kind_top_classes", "kind_top_probabilities"]


def test_signature_is_named_after_the_spec(signatures):
    signature = signatures["serving_default"]
    arguments = signature.structured_input_signature[1]
    assert sorted(arguments) == ["image_bytes", "sound_bytes", "words"]
    assert all(spec.dtype == tf.string for spec in arguments.values())
    assert sorted(signature.structured_outputs) == sorted([*ANSWERS, "ok", "reason"])


def test_every_signature_is_there(signatures):
    assert sorted(signatures) == [
        "decoded",
        "embed",
        "embed_image",
        "embed_sound",
        "embed_words",
        "serving_default",
        "tf_example",
    ]
    assert sorted(signatures["decoded"].structured_outputs) == sorted(ANSWERS)


def test_no_readable_output_ends_in_bytes(signatures):
    for signature in signatures.values():
        assert not [n for n in signature.structured_outputs if n.endswith("_bytes")]


def test_graph_holds_no_python_and_no_foreign_operation(version):
    from tensorflow.core.protobuf import saved_model_pb2

    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString((version / "saved_model.pb").read_bytes())
    graph = proto.meta_graphs[0].graph_def
    operations = {node.op for node in graph.node}
    operations |= {n.op for f in graph.library.function for n in f.node_def}
    assert not [op for op in operations if "Py" in op]
    core = {name for name in dir(tf.raw_ops) if not name.startswith("_")}
    functions = {f.signature.name for f in graph.library.function}
    assert operations - core - functions <= {"_Retval", "_Arg"}


def test_raw_bytes_in_a_fresh_process_equal_the_model(
    small_model, small_data, version, serve_elsewhere, encoded_request
):
    test = small_data["test"]
    answer = serve_elsewhere(version, [encoded_request(test, range(len(test)))])[0]
    expected = mm.predict(small_model, test)["kind"]
    assert small_data.present("words")[test.positions].tolist().count(False) > 0
    np.testing.assert_allclose(
        answer["kind_probabilities"], expected, atol=TOLERANCE, rtol=0
    )
    names = small_data.spec.tasks["kind"].answers(expected)
    assert [name.decode() for name in answer["kind"]] == names.tolist()


def test_one_by_one_equals_batched(small_data, signatures, encoded_request):
    serve = signatures["serving_default"]
    request = encoded_request(small_data["test"], range(9))
    together = ask(serve, request)
    for row in range(9):
        alone = ask(serve, {k: v[row : row + 1] for k, v in request.items()})
        np.testing.assert_allclose(
            alone["kind_probabilities"][0],
            together["kind_probabilities"][row],
            atol=TOLERANCE,
            rtol=0,
        )


def test_decoded_signature_equals_the_model(small_model, small_data, signatures):
    inputs = next(iter(small_data["test"].batches(8)))[0]
    answer = signatures["decoded"](**inputs)["kind_probabilities"].numpy()
    np.testing.assert_allclose(
        answer, small_model.predict_on_batch(inputs)["kind"], atol=TOLERANCE, rtol=0
    )


def test_likeliest_classes_are_named_in_order(small_data, signatures, encoded_request):
    answer = ask(
        signatures["serving_default"], encoded_request(small_data["test"], range(9))
    )
    classes = np.array(small_data.spec.tasks["kind"].classes)
    order = np.argsort(-answer["kind_probabilities"], -1)
    assert answer["kind_top_classes"].astype(str).tolist() == classes[order].tolist()
    np.testing.assert_array_equal(
        answer["kind_top_probabilities"], -np.sort(-answer["kind_probabilities"], -1)
    )
    assert answer["kind"].tolist() == answer["kind_top_classes"][:, 0].tolist()


def test_fewer_classes_are_named_on_request(small_model, small_data, tmp_path):
    version = mm.export(small_model, small_data.spec, tmp_path / "base", top_k=2)
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    assert serve.structured_outputs["kind_top_classes"].shape.as_list() == [None, 2]


def test_bad_row_is_told_and_fails_no_other(small_data, signatures, encoded_request):
    serve = signatures["serving_default"]
    request = encoded_request(small_data["test"], range(4))
    good = ask(serve, request)
    request["image_bytes"][1] = b"garbage"
    request["sound_bytes"][1] = request["sound_bytes"][1][:50]
    request["image_bytes"][2] = b""
    answer = ask(serve, request)
    assert answer["ok"].tolist() == [1, 0, 0, 1]
    assert answer["reason"].tolist() == [
        b"",
        b"image:unknown_format;sound:damaged",
        b"image:missing",
        b"",
    ]
    for name in ANSWERS:
        for row in (0, 3):
            if answer[name].dtype == object:
                assert (
                    answer[name][row].tolist() == good[name][row].tolist()
                    if (answer[name].ndim > 1)
                    else answer[name][row] == good[name][row]
                )
            else:
                np.testing.assert_allclose(
                    answer[name][row], good[name][row], atol=1e-6, rtol=0
                )
        nothing = b"" if answer[name].dtype == object else 0
        assert (answer[name][1:3] == nothing).all()


def test_absent_row_equals_the_models(
    small_model, small_data, signatures, encoded_request
):
    test = small_data["test"]
    request = encoded_request(test, range(9)) | {"words": [b""] * 9}
    answer = ask(signatures["serving_default"], request)
    without = mm.predict(small_model, test.with_missing({"words": 1.0}))["kind"][:9]
    np.testing.assert_allclose(
        answer["kind_probabilities"], without, atol=TOLERANCE, rtol=0
    )
    assert answer["ok"].tolist() == [1] * 9


def as_example(row):
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for name, value in row.items()
        if value
    }
    return tf.train.Example(
        features=tf.train.Features(feature=features)
    ).SerializeToString()


def test_examples_are_answered_as_strings_are(small_data, signatures, encoded_request):
    request = encoded_request(small_data["test"], range(6))
    names = list(request)
    rows = [
        dict(zip(names, row, strict=True))
        for row in zip(*request.values(), strict=True)
    ]
    examples = [as_example(row) for row in rows]
    expected = ask(signatures["serving_default"], request)
    answer = ask(signatures["tf_example"], {"examples": [*examples, b"\xffno proto"]})
    for name, values in expected.items():
        if values.dtype == object:
            assert answer[name][:6].tolist() == values.tolist()
        else:
            np.testing.assert_allclose(answer[name][:6], values, atol=1e-6, rtol=0)
    assert answer["ok"].tolist() == [1] * 6 + [0]
    assert answer["reason"][6] == b"example:damaged"


def test_fused_embedding_is_what_the_head_takes(
    small_model, small_data, signatures, encoded_request
):
    import keras

    request = encoded_request(small_data["test"], range(5))
    answer = ask(signatures["embed"], request)
    inner = keras.Model(small_model.input, small_model.get_layer("fusion").output)
    inputs = next(iter(small_data["test"].batches(5)))[0]
    np.testing.assert_allclose(
        answer["embedding"], inner(inputs), atol=TOLERANCE, rtol=1e-5
    )
    assert answer["ok"].tolist() == [1] * 5


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("image", "image_encoder"),
        ("words", "words_missing"),
        ("sound", "sound_encoder"),
    ],
)
def test_embedding_of_one_input_needs_that_input_alone(
    name, layer, small_model, small_data, signatures, encoded_request
):
    import keras

    encoded = small_data.spec.inputs[name].encoded_name(name)
    strings = encoded_request(small_data["test"], range(5))[encoded]
    answer = ask(signatures[f"embed_{name}"], {encoded: [*strings, b""]})
    inner = keras.Model(small_model.input, small_model.get_layer(layer).output)
    expected = inner(next(iter(small_data["test"].batches(5)))[0])
    there = np.array([string != b"" for string in strings])
    np.testing.assert_allclose(
        answer["embedding"][:5][there], expected[there], atol=TOLERANCE, rtol=1e-5
    )
    # An absent value has no embedding.
    assert answer["ok"].tolist() == [*there.astype(int), 0]
    assert answer["reason"][5] == f"{name}:missing".encode()
    assert not answer["embedding"][5].any()


def test_bad_value_that_counts_as_missing_is_answered_without(
    small, small_data, encoded_request, tmp_path
):
    text = (small / "spec.yaml").read_text()
    text = text.replace(
        "column: sound,", "column: sound, optional: true, on_bad: missing,"
    )
    (small / "spec.yaml").write_text(text)
    data = mm.load_dataset(small / "spec.yaml", progress=False)
    model = mm.build_model(data.spec)
    version = mm.export(model, data.spec, tmp_path / "models", examples=data["test"])
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    request = encoded_request(data["test"], range(2))
    absent = ask(serve, request | {"sound_bytes": [b"", b""]})
    answer = ask(serve, request | {"sound_bytes": [b"", b"garbage"]})
    assert answer["ok"].tolist() == [1, 1]
    assert answer["reason"].tolist() == [b"", b"sound:unknown_format"]
    np.testing.assert_allclose(
        answer["kind_probabilities"], absent["kind_probabilities"], atol=1e-6, rtol=0
    )


def test_reloaded_model_exports_the_same(small_model, small_data, version, tmp_path):
    import keras

    small_model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    other = mm.export(again, small_data.spec, tmp_path / "base")
    inputs = next(iter(small_data["test"].batches(8)))[0]
    first, second = (
        tf.saved_model.load(str(path)).signatures["decoded"](**inputs)
        for path in (version, other)
    )
    np.testing.assert_array_equal(
        first["kind_probabilities"], second["kind_probabilities"]
    )


def test_metadata_travels_with_the_model(version, small_data, signatures):
    content = json.loads((version / "assets.extra" / "mmkeras.json").read_text())
    assert content["versions"]["tensorflow"] == tf.__version__
    assert content["tasks"]["kind"]["classes"] == ["high", "low", "mid"]
    vocabulary = content["inputs"]["words"]["vocabulary"]
    assert tuple(vocabulary) == small_data.spec.inputs["words"].vocabulary
    assert content["limits"]["image"][1] == "at most 50,000,000 pixels"
    assert sorted(content["signatures"]) == sorted(signatures)
    taken = content["signatures"]["decoded"]["inputs"]["image"]
    assert taken == {"dtype": "uint8", "shape": [None, 16, 16, 3]}
    assert content["examples"] == "split 'test'"


def test_request_of_the_kit_has_the_answers_of_the_kit(version, signatures):
    import base64

    request = json.loads((version / "serving" / "request.json").read_text())
    expected = json.loads((version / "serving" / "expected.json").read_text())
    rows = request["instances"]
    tensors = {
        name: [
            base64.b64decode(row[name]["b64"]) if "b64" in row[name] else row[name]
            for row in rows
        ]
        for name in rows[0]
    }
    answer = ask(signatures["serving_default"], tensors)
    assert len(rows) == 8
    for row, said in enumerate(expected["predictions"]):
        assert answer["kind"][row].decode() == said["kind"]
        np.testing.assert_allclose(
            answer["kind_probabilities"][row],
            said["kind_probabilities"],
            atol=TOLERANCE,
            rtol=0,
        )


def test_warm_up_has_a_record_for_each_batch_size(version):
    from tensorflow_serving.apis import prediction_log_pb2

    path = version / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record)
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    ]
    requests = [log.predict_log.request for log in logs]
    sizes = [len(tf.make_ndarray(r.inputs["image_bytes"])) for r in requests]
    assert sizes == [1, 8, 32]
    assert {r.model_spec.signature_name for r in requests} == {"serving_default"}
    assert all(
        sorted(r.inputs) == ["image_bytes", "sound_bytes", "words"] for r in requests
    )


def test_row_is_made_up_where_none_is_given(small_model, small_data, tmp_path):
    version = mm.export(small_model, small_data.spec, tmp_path, batch_sizes=(2,))
    request = json.loads((version / "serving" / "request.json").read_text())
    assert len(request["instances"]) == 1
    content = json.loads((version / "assets.extra" / "mmkeras.json").read_text())
    assert content["examples"] == "made up"
    assert content["batch_sizes"] == [2]


def test_model_that_answers_otherwise_once_exported_is_not_published(
    small_model, small_data, tmp_path, monkeypatch
):
    from mmkeras.serving import _warm_up

    monkeypatch.setattr(_warm_up, "_TOLERANCE", -1.0)
    with pytest.raises(RuntimeError, match="Nothing was published"):
        mm.export(small_model, small_data.spec, tmp_path / "base")
    assert list((tmp_path / "base").iterdir()) == []


def test_recurrences_are_exported_without_cudnn(small_data, tmp_path, monkeypatch):
    import keras

    seen = []
    original = keras.layers.LSTM.inner_loop

    def watch(self, *args, **kwargs):
        seen.append(self.use_cudnn)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(keras.layers.LSTM, "inner_loop", watch)
    model = mm.build_model(small_data.spec)
    recurrences = [x for x in model._flatten_layers() if hasattr(x, "use_cudnn")]
    assert recurrences
    seen.clear()
    from mmkeras.serving._portable import portable

    with portable(model):
        model(next(iter(small_data["test"].batches(2)))[0])
    assert seen and not any(seen)
    assert {layer.use_cudnn for layer in recurrences} == {"auto"}


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        ({"batch_sizes": (8, 1)}, r"rising.*Try \(1, 8, 32\)"),
        ({"batch_sizes": ()}, "one number or more"),
        ({"batch_sizes": 8}, "a list or tuple"),
        ({"top_k": 0}, "`top_k` must be at least 1"),
        ({"keep": 0}, "`keep` must be at least 1"),
        ({"examples": 8}, r"Pass for example `data\['test'\]`"),
    ],
)
def test_wrong_arguments_are_refused(arguments, fix, small_model, small_data, tmp_path):
    with pytest.raises((ValueError, TypeError), match=fix):
        mm.export(small_model, small_data.spec, tmp_path / "x", **arguments)
    assert not (tmp_path / "x").exists()


def test_examples_of_another_data_set_are_refused(
    small_model, small_data, small, tmp_path
):
    other = mm.load_dataset(small / "spec.yaml", progress=False).select("image")
    with pytest.raises(ValueError, match=r"beside `data.spec`"):
        mm.export(small_model, small_data.spec, tmp_path, examples=other["test"])


@pytest.mark.parametrize("name", ["ok", "reason", "answer_bytes"])
def test_task_of_a_name_that_an_output_has_is_refused(name, small, tmp_path):
    text = (small / "spec.yaml").read_text().replace("  kind: {", f"  {name}: {{")
    (small / "spec.yaml").write_text(text)
    data = mm.load_dataset(small / "spec.yaml", progress=False)
    model = mm.build_model(data.spec)
    with pytest.raises(ValueError, match="Rename the task"):
        mm.export(model, data.spec, tmp_path / "x")


def test_another_specs_model_is_refused(small_model, small_data, tmp_path):
    with pytest.raises(ValueError, match="Give the spec that the model was built from"):
        mm.export(small_model, small_data.spec.select("image"), tmp_path)


def test_model_behind_its_preprocessing_is_refused(small_model, small_data, tmp_path):
    fast, _ = mm.precompute(small_model, small_data)
    with pytest.raises(ValueError, match=r"takes 'sound' as it is decoded.* whole mod"):
        mm.export(fast, small_data.spec, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_clusters_are_not_exported(small_data, tmp_path):
    model = mm.build_model(small_data.spec, xla="branches")
    clusters = [x for x in model.layers if isinstance(x, mm.layers.Compiled)]
    assert clusters
    folder = mm.export(model, small_data.spec, tmp_path / "models")
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((folder / "saved_model.pb").read_bytes())
    (graph,) = saved.meta_graphs
    compiled = [
        function.signature.name
        for function in graph.graph_def.library.function
        if function.attr["_XlaMustCompile"].b
    ]
    assert compiled == []
    assert all(cluster.jit for cluster in clusters)
    loaded = tf.saved_model.load(str(folder))
    inputs = next(iter(small_data["test"].batches(8)))[0]
    found = loaded.signatures["decoded"](**inputs)["kind_probabilities"].numpy()
    expected = model(inputs)["kind"].numpy()
    assert np.abs(found - expected).max() < 1e-6
