"""A program in C++, without Python, answers as the model does."""

import subprocess

import numpy as np
import pytest
import tensorflow as tf

import mmkeras as mm

# float32 sums in another order; the served graph is the same but for fusions.
TOLERANCE = 1e-5
ROWS = range(9)


@pytest.fixture(scope="module")
def version(exported):
    return exported / "1"


@pytest.fixture(scope="module")
def encoded(small_data):
    """What a client would send for the test split: strings by name."""
    test = small_data["test"]
    rows = [test.encoded(row) for row in range(len(test))]
    inputs = small_data.spec.inputs.items()
    return {m.encoded_name(name): [row[name] for row in rows] for name, m in inputs}


def part(request, rows):
    return {name: [values[row] for row in rows] for name, values in request.items()}


@pytest.fixture(scope="module")
def answers(version, encoded, serve_in_cpp):
    """All rows, some of them one by one, and some of which one is damaged."""
    damaged = part(encoded, range(4))
    damaged["image_bytes"][1] = damaged["image_bytes"][1][:40]
    alone = [part(encoded, [row]) for row in ROWS]
    together, bad, *alone = serve_in_cpp(version, [encoded, damaged, *alone])
    return {"together": together, "bad": bad, "alone": alone}


def assert_equal(found, expected):
    assert sorted(found) == sorted(expected)
    for name, values in expected.items():
        if values.dtype == object:
            assert found[name].tolist() == values.tolist(), name
        else:
            np.testing.assert_allclose(
                found[name], values, atol=TOLERANCE, rtol=0, err_msg=name
            )


def test_bytes_are_answered_as_by_the_model(small_model, small_data, answers):
    answer, test = answers["together"], small_data["test"]
    expected = mm.predict(small_model, test)["kind"]
    np.testing.assert_allclose(
        answer["kind_probabilities"], expected, atol=TOLERANCE, rtol=0
    )
    names = small_data.spec.tasks["kind"].answers(expected)
    assert [name.decode() for name in answer["kind"]] == names.tolist()
    assert answer["ok"].tolist() == [1] * len(test)
    assert set(answer["reason"]) == {b""}


def test_one_by_one_equals_together(answers):
    joined = {
        name: np.concatenate([answer[name] for answer in answers["alone"]])
        for name in answers["together"]
    }
    rows = {name: values[: len(ROWS)] for name, values in answers["together"].items()}
    assert_equal(joined, rows)


def test_bad_row_has_a_reason_and_leaves_others_as_they_are(answers):
    bad, good = answers["bad"], answers["together"]
    assert bad["ok"].tolist() == [1, 0, 1, 1]
    assert bad["reason"][1] == b"image:damaged" and bad["kind"][1] == b""
    others = [0, 2, 3]
    assert_equal(
        {name: values[others] for name, values in bad.items()},
        {name: values[others] for name, values in good.items()},
    )


def test_serialised_examples_are_answered_the_same(
    version, encoded, answers, serve_in_cpp
):
    examples = []
    for row in ROWS:
        features = {
            name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[values[row]]))
            for name, values in encoded.items()
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        examples.append(example.SerializeToString())
    (found,) = serve_in_cpp(version, [{"examples": examples}], "tf_example")
    rows = {name: values[: len(ROWS)] for name, values in answers["together"].items()}
    assert_equal(found, rows)


@pytest.mark.parametrize(
    ("there", "said"), [(False, "Could not find SavedModel"), (True, "no nothing:0")]
)
def test_what_cannot_be_answered_is_said(version, serve_in_cpp, tmp_path, there, said):
    asked = tmp_path / "asked"
    asked.write_text("fetch nothing:0 kind\n")
    folder = version if there else tmp_path
    done = subprocess.run(
        [serve_in_cpp.program, folder, asked, tmp_path / "answered"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "loader: " in done.stderr and said in done.stderr
