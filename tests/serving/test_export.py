"""Exported models: raw bytes in, the in-memory model's answers out."""

import json
from pathlib import Path

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
        small_model, small_data.spec, tmp_path_factory.mktemp("serving") / "small"
    )


def test_first_version_is_1_and_the_next_one_higher(
    small_model, small_data, version, tmp_path
):
    assert version.name == "1"
    base = tmp_path / "base"
    (base / "7").mkdir(parents=True)
    (base / "7" / "keep").write_text("mine")
    assert mm.export(small_model, small_data.spec, base).name == "8"
    assert (base / "7" / "keep").read_text() == "mine"


def test_nothing_but_versions_is_left_beside_a_version(version):
    assert [child.name for child in version.parent.iterdir()] == ["1"]


def test_failed_export_leaves_nothing(small_model, small_data, tmp_path, monkeypatch):
    def fail(trackable, folder, *args, **kwargs):
        Path(folder).mkdir()
        raise OSError("no space left")

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="no space left"):
        mm.export(small_model, small_data.spec, tmp_path / "base")
    assert list((tmp_path / "base").iterdir()) == []


def test_signature_is_named_after_the_spec(version):
    loaded = tf.saved_model.load(str(version))
    signature = loaded.signatures["serving_default"]
    arguments = signature.structured_input_signature[1]
    assert sorted(arguments) == ["image_bytes", "sound_bytes", "words"]
    assert all(spec.dtype == tf.string for spec in arguments.values())
    assert sorted(signature.structured_outputs) == ["kind", "kind_probabilities"]


def test_no_readable_output_ends_in_bytes(version):
    loaded = tf.saved_model.load(str(version))
    for signature in loaded.signatures.values():
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


def test_one_by_one_equals_batched(small_data, version, encoded_request):
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    request = encoded_request(small_data["test"], range(9))
    together = serve(**{k: tf.constant(v) for k, v in request.items()})
    for row in range(9):
        alone = serve(**{k: tf.constant(v[row : row + 1]) for k, v in request.items()})
        np.testing.assert_allclose(
            alone["kind_probabilities"][0],
            together["kind_probabilities"][row],
            atol=TOLERANCE,
            rtol=0,
        )


def test_decoded_signature_equals_the_model(small_model, small_data, version):
    decoded = tf.saved_model.load(str(version)).signatures["decoded"]
    inputs = next(iter(small_data["test"].batches(8)))[0]
    answer = decoded(**inputs)["kind_probabilities"].numpy()
    np.testing.assert_allclose(
        answer, small_model.predict_on_batch(inputs)["kind"], atol=TOLERANCE, rtol=0
    )


def test_absent_required_input_is_refused_with_its_reason(
    small_data, version, encoded_request
):
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    request = encoded_request(small_data["test"], [0]) | {"image_bytes": [b""]}
    with pytest.raises(tf.errors.InvalidArgumentError, match="missing"):
        serve(**{k: tf.constant(v) for k, v in request.items()})


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


def test_spec_travels_with_the_model(version, small_data):
    content = json.loads((version / "assets.extra" / "mmkeras_spec.json").read_text())
    assert content["tasks"]["kind"]["classes"] == ["high", "low", "mid"]
    vocabulary = content["inputs"]["words"]["vocabulary"]
    assert tuple(vocabulary) == small_data.spec.inputs["words"].vocabulary


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
