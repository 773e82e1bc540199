"""A data set with a task of every type, and reports of random predictions."""

import numpy as np
import pandas as pd
import pytest

import mmkeras as mm
from mmkeras.evaluation._evaluated import Evaluated
from mmkeras.figures import bootstrap_intervals

HOSTILE = "<script>alert(1)</script> \"quoted\" & 'so'"
GRADES = ("low", "mid", "high")


def every_task():
    modalities, tasks = mm.modalities, mm.tasks
    return {
        "inputs": {
            "image": modalities.Image(column="image", size=(12, 16)),
            "words": modalities.Text(column="text", max_tokens=6, optional=True),
            "tone": modalities.Audio(column="sound", sample_rate=8000, seconds=0.1),
            "size": modalities.Number(column="size"),
            "colour": modalities.Category(column="colour"),
        },
        "tasks": {
            "kind": tasks.Classification(column="label", optional=True),
            "grade": tasks.Ordinal(column="grade", classes=GRADES),
            "price": tasks.Regression(column="target", unit="EUR"),
            "place": tasks.Regression(column=("target", "size"), unit=("EUR", "cm")),
            "tags": tasks.MultiLabel(column="tags"),
            "box": tasks.BoundingBox(column="box", picture="image"),
            "pair": tasks.Retrieval(pair=("image", "tone")),
            "groups": tasks.Clustering(column="label", optional=True),
        },
    }


def write_rows(make_small, folder):
    table = pd.read_csv(
        make_small(folder) / "manifest.csv", dtype=str, keep_default_na=False
    )
    random = np.random.default_rng(1)
    # An input must not read what a task learns.
    table["hint"] = table["text"]
    table["grade"] = [GRADES[i] for i in random.integers(0, 3, len(table))]
    table["tags"] = ["|".join("ab"[: i % 3]) for i in range(len(table))]
    table["box"] = ["[0.1, 0.2, 0.5, 0.9]"] * len(table)
    table["text"] = np.where(table["text"] == "", "", HOSTILE)
    table["id"] = [f'"{i}" <b>' for i in table["id"]]
    table.loc[table.index[10:12], "label"] = None
    return table


def of_predictions(data, split_name="test", seed=0, repeats=20):
    """A report of random predictions, as `evaluate` makes it."""
    random, split = np.random.default_rng(seed), data[split_name]
    count = len(split)
    predictions = {
        "kind": random.dirichlet(np.ones(3), count),
        "grade": np.sort(random.random((count, 2)), axis=1)[:, ::-1],
        "price": random.normal(12, 1, (count, 1)),
        "place": random.normal(12, 1, (count, 2)),
        "tags": random.random((count, 2)),
        "box": np.array([0.2, 0.2, 0.6, 0.8]) + random.random((count, 4)) / 10,
        "pair": random.normal(size=(count, 2, 4)),
        "groups": random.normal(size=(count, 4)),
    }
    evaluated, intervals = {}, {}
    for name, task in data.spec.tasks.items():
        weights = split.weights(name)
        rows = np.flatnonzero(weights)
        figures = task.figures(split.labels(name)[rows], predictions[name][rows])
        evaluated[name] = Evaluated(
            figures, weights[rows], rows, predictions[name][rows]
        )
        intervals[name] = bootstrap_intervals(figures, weights[rows], repeats)
    return mm.Report(
        name=data.spec.name,
        split=split.name,
        rows=count,
        loss=1.5,
        tasks={n: e.figures.point(e.weights) for n, e in evaluated.items()},
        classes={n: t.confusion_classes() for n, t in data.spec.tasks.items()},
        intervals=intervals,
        of=split,
        evaluated=evaluated,
    )


@pytest.fixture(scope="session")
def many_tasks(make_small, tmp_path_factory):
    """The data set; its texts and ids are hostile."""
    folder = tmp_path_factory.mktemp("many")
    table = write_rows(make_small, folder / "rows")
    parts = every_task()
    parts["inputs"]["size"] = mm.modalities.Number(column="id_number")
    table["id_number"] = [str(i) for i in range(len(table))]
    spec = mm.Spec(
        name="many",
        source=mm.sources.Frame(frame=table, root=str(folder / "rows")),
        id_column="id",
        split=mm.SplitByColumn(
            column="split",
            values={"train": ("train",), "validation": ("val",), "test": ("test",)},
        ),
        **parts,
    )
    return mm.load_dataset(spec, cache_dir=folder / "cache", progress=False)


@pytest.fixture(scope="session")
def many_report(many_tasks):
    return of_predictions(many_tasks)


@pytest.fixture(scope="session")
def hostile():
    return HOSTILE
