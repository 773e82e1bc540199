"""BoundingBox: formats, overlap, what may not move, learning where something is."""

import cv2
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import mmkeras as mm
from mmkeras.tasks._boxes import overlap

CORNERS = np.array([0.25, 0.5, 0.75, 0.75])


def make(**arguments):
    return mm.tasks.BoundingBox(**({"column": "box", "picture": "photo"} | arguments))


@pytest.mark.parametrize(
    ("arguments", "cell"),
    [
        ({}, "0.25 0.5 0.75 0.75"),
        ({}, [0.25, 0.5, 0.75, 0.75]),
        ({"format": "xywh"}, "0.25, 0.5, 0.5, 0.25"),
        ({"format": "cxcywh"}, "[0.5, 0.625, 0.5, 0.25]"),
        ({"column": tuple("abcd")}, ("0.25", "0.5", "0.75", 0.75)),
        (
            {"column": tuple("abcd"), "size_columns": ("w", "h"), "format": "xywh"},
            ("10", "30", "20", "15", "40", "60"),
        ),
        (
            {"size_columns": ("w", "h")},
            ("10 30 30 45", "40", "60"),
        ),
    ],
    ids=str,
)
def test_every_format_is_the_same_corners(arguments, cell):
    np.testing.assert_allclose(make(**arguments).encode(cell), CORNERS)


@pytest.mark.parametrize("format", ["xyxy", "xywh", "cxcywh"])
def test_answers_and_served_are_in_the_format(format):
    task = make(format=format)
    answers = task.answers(CORNERS[None].astype("float32"))
    # float32 sums.
    np.testing.assert_allclose(task.encode(answers[0].tolist()), CORNERS, atol=1e-6)
    served = task.serve("box", tf.constant(CORNERS[None], tf.float32))
    np.testing.assert_array_equal(served["box"], answers)


def test_overlap_is_that_of_a_grid():
    """Boxes drawn on a fine grid, and counted."""
    random = np.random.default_rng(0)
    grid = (np.stack(np.meshgrid(*[np.arange(200)] * 2), -1) + 0.5) / 200
    for _ in range(20):
        corners = np.sort(np.round(random.uniform(size=(2, 2, 2)), 2), axis=1)
        boxes = corners.reshape(2, 4)
        a, b = (((grid > box[:2]) & (grid < box[2:])).all(-1) for box in boxes)
        iou, empty = overlap(boxes[0].astype("float32"), boxes[1].astype("float32"))
        both, either = (a & b).sum(), (a | b).sum()
        around = np.prod(boxes[:, 2:].max(0) - boxes[:, :2].min(0)) * 200**2
        assert float(iou) == pytest.approx(both / max(either, 1), abs=1e-4)
        assert float(empty) == pytest.approx(1 - either / around, abs=1e-4)


def test_loss_falls_as_boxes_that_do_not_meet_come_nearer():
    truth = np.array([[0.0, 0.0, 0.2, 0.2]], "float32")
    costs = [
        float(make().loss()(truth, np.array([[x, x, x + 0.2, x + 0.2]], "float32")))
        for x in (0.8, 0.5, 0.3, 0.1, 0.0)
    ]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 1
    assert costs[-1] == pytest.approx(0, abs=1e-6)


def write_pictures(folder, rows=160):
    """A bright square somewhere in a dark picture."""
    random = np.random.default_rng(0)
    table = []
    for row in range(rows):
        size = random.integers(8, 17)
        x, y = random.integers(0, 33 - size, 2)
        pixels = random.integers(0, 60, (32, 32)).astype("uint8")
        pixels[y : y + size, x : x + size] += 180
        cv2.imwrite(str(folder / f"{row}.png"), pixels)
        split = "test" if row % 4 == 0 else "train"
        table.append([f"{row}.png", x, y, size, size, 32, 32, split])
    names = ["photo", "x", "y", "w", "h", "width", "height", "split"]
    pd.DataFrame(table, columns=names).to_csv(folder / "rows.csv", index=False)


def make_spec(folder, **picture):
    return mm.Spec(
        name="squares",
        source=mm.sources.Csv(path="rows.csv", root=str(folder)),
        inputs={
            "photo": mm.modalities.Image(
                column="photo", size=(32, 32), channels=1, **picture
            )
        },
        tasks={
            "box": make(
                column=("x", "y", "w", "h"),
                format="xywh",
                size_columns=("width", "height"),
            )
        },
        split=mm.SplitByColumn(
            column="split", values={"train": ("train",), "test": ("test",)}
        ),
    )


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    folder = tmp_path_factory.mktemp("squares")
    write_pictures(folder)
    return mm.load_dataset(
        make_spec(folder), cache_dir=folder / "cache", progress=False
    )


def test_model_finds_the_square(squares):
    keras.utils.set_random_seed(0)
    encoder = mm.encoders.image_cnn((8, 16), units=64)
    model = mm.build_model(squares.spec, {"photo": encoder})
    model.compile(
        keras.optimizers.Adam(0.005),
        loss=squares.spec.losses(),
        weighted_metrics=squares.spec.metrics(),
    )
    batches = squares["train"].batches(20, shuffle=True, seed=0)
    model.fit(batches, epochs=40, verbose=0)
    report = mm.evaluate(model, squares["test"])
    low, _ = report.intervals["box"]["mean_iou"]
    # A box in the middle, of the mean size, has about 0.2.
    assert low > 0.5


@pytest.mark.parametrize("resize", ["pad", "crop"])
def test_picture_that_is_not_stretched_is_refused(tmp_path, resize):
    with pytest.raises(ValueError, match=r"`tasks.box.picture` .*`resize: stretch`"):
        make_spec(tmp_path, resize=resize)


@pytest.mark.parametrize(
    "layer",
    [mm.layers.RandomFlip(), mm.layers.RandAugment(), keras.layers.RandomFlip()],
    ids=lambda layer: layer.name,
)
def test_augmentation_that_moves_pixels_is_refused(squares, layer):
    with pytest.raises(ValueError, match=r"move no pixel.*RandomColor"):
        mm.build_model(squares.spec, augment={"photo": [layer]})


def test_augmentation_that_moves_none_is_taken(squares):
    layers = [mm.layers.RandomColor(), mm.layers.RandomErasing()]
    mm.build_model(squares.spec, augment={"photo": layers})


def test_mixing_is_refused(squares):
    with pytest.raises(ValueError, match="'box' has no label of two mixed"):
        mm.build_model(squares.spec, mix=mm.layers.CutMix())


def test_boxes_without_area_are_quarantined(tmp_path):
    write_pictures(tmp_path, 12)
    table = pd.read_csv(tmp_path / "rows.csv")
    table.loc[1, "w"] = 0
    table.loc[2, "x"] = 30
    table.to_csv(tmp_path / "rows.csv", index=False)
    data = mm.load_dataset(make_spec(tmp_path), cache=False, progress=False)
    reasons = data.quarantine["reason"].tolist()
    assert "has no area" in reasons[0]
    assert "leaves the picture" in reasons[1]
    assert set(data.quarantine["column"]) == {"x"}
