"""Clustering: what other tasks learned, in groups."""

import numpy as np
import pandas as pd
import pytest

import mmkeras as mm


def make_spec(clustering, others=True):
    random = np.random.default_rng(0)
    kind = random.integers(0, 3, 90)
    table = pd.DataFrame(
        {
            "size": (10.0 * kind + random.normal(size=90)).round(3).astype(str),
            "kind": np.array(["a", "b", "c"], object)[kind],
            "split": ["train", "train", "test"] * 30,
        },
        dtype=object,
    )
    table.loc[2::9, "kind"] = None
    tasks = {"groups": clustering}
    if others:
        tasks["amount"] = mm.tasks.Regression(column="target")
        table["target"] = table["size"]
    return mm.Spec(
        name="kinds",
        source=mm.sources.Frame(frame=table),
        inputs={"size": mm.modalities.Number(column="size")},
        tasks=tasks,
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )


def test_clusters_are_counted_on_the_training_split():
    task = mm.tasks.Clustering(column="kind")
    assert task.fit(["a", "b", None, "a", 3.0]).clusters == 3
    assert task.replace(clusters=5).fit(["a", "b"]).clusters == 5


def test_rows_without_a_label_are_clustered_and_not_compared():
    task = mm.tasks.Clustering(column="kind", optional=True)
    data = mm.load_dataset(make_spec(task), cache=False, progress=False)
    test = data["test"]
    assert (test.labels("groups") == -1).sum() == 10
    assert test.weights("groups").tolist() == [1.0] * 30
    model = mm.build_model(data.spec)
    report = mm.evaluate(model, test)
    assert report["groups"]["ari"] > 0.9
    sizes = report["groups"]["cluster_sizes"]
    assert sum(sizes) == 30
    assert len(sizes) == 3


def test_model_trains_beside_a_task_without_a_loss():
    task = mm.tasks.Clustering(clusters=2)
    data = mm.load_dataset(make_spec(task), cache=False, progress=False)
    model = mm.build_model(data.spec)
    model.compile("adam", loss=data.spec.losses(), weighted_metrics=data.spec.metrics())
    history = model.fit(data["train"].batches(20), verbose=0).history
    assert np.isfinite(history["loss"]).all()
    report = mm.evaluate(model, data["test"])
    assert "ari" not in report["groups"]
    assert "silhouette" in report["groups"]


def test_served_answer_is_the_embedding(tmp_path):
    import tensorflow as tf

    task = mm.tasks.Clustering(clusters=2)
    data = mm.load_dataset(make_spec(task), cache=False, progress=False)
    model = mm.build_model(data.spec)
    folder = mm.export(model, data.spec, tmp_path / "served")
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    found = serve(size=tf.constant(["0.5", "20"]))
    assert found["groups"].shape == (2, model.output["groups"].shape[-1])


def test_clustering_alone_is_refused():
    task = mm.tasks.Clustering(clusters=2)
    with pytest.raises(ValueError, match=r"`tasks` must be with one that learns.*add"):
        make_spec(task, others=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "`clusters` must be given where there is no column"),
        ({"clusters": 1}, "`clusters` must be greater than or equal to 2"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^`Clustering`: .*{message}"):
        mm.tasks.Clustering(**arguments)


def test_one_label_is_no_clustering():
    with pytest.raises(ValueError, match="`clusters` must be"):
        mm.tasks.Clustering(column="kind").fit(["a", "a"])
