"""plot_modality_shares: what is on the picture."""

import pytest

from mmkeras.evaluation import ModalityShares, plot_modality_shares


def interval(value, **more):
    return {"value": value, "low": value - 0.05, "high": value + 0.05, **more}


def make_result(*tasks, lower_is_better=False):
    figures = {
        "headline": "mae" if lower_is_better else "accuracy",
        "lower_is_better": lower_is_better,
        "unit": "EUR" if lower_is_better else "points",
        "subsets": {
            (): interval(0.1),
            ("image",): interval(0.6),
            ("sound",): interval(0.4),
            ("image", "sound"): interval(0.9),
        },
        "shapley": {
            "image": interval(0.5, share=0.625),
            "sound": interval(0.3, share=None),
        },
    }
    return ModalityShares(
        name="animals",
        split="test",
        rows=1200,
        absent={"image": "missing", "sound": "permuted"},
        exact=True,
        tasks={task: figures for task in tasks},
    )


def names(panel):
    return [label.get_text() for label in panel.get_yticklabels()]


def test_bars_are_the_subsets_the_best_on_top():
    left, _ = plot_modality_shares(make_result("kind")).axes
    assert names(left) == ["none", "sound", "image", "image + sound"]
    assert [bar.get_width() for bar in left.patches] == [0.1, 0.4, 0.6, 0.9]


def test_of_errors_the_smallest_is_on_top():
    left, right = plot_modality_shares(make_result("kind", lower_is_better=True)).axes
    assert names(left)[-1] == "none"
    assert left.get_xlabel() == "MAE (EUR)"
    assert names(right) == ["sound", "image"]


def test_shares_are_in_points_and_of_the_gain():
    _, right = plot_modality_shares(make_result("kind")).axes
    assert [bar.get_width() for bar in right.patches] == pytest.approx([30, 50])
    texts = [text.get_text() for text in right.texts]
    assert texts == ["30.0", "50.0  (62% of the gain)"]


def test_intervals_lie_on_the_bars():
    left, _ = plot_modality_shares(make_result("kind")).axes
    lines = [list(line.get_xdata()) for line in left.lines[:4]]
    assert lines[0] == pytest.approx([0.05, 0.15])
    assert lines[3] == pytest.approx([0.85, 0.95])


def test_task_and_what_absence_means_are_named(tmp_path):
    figure = plot_modality_shares(make_result("kind", "other"), "kind")
    assert figure.get_suptitle().startswith("kind: accuracy by inputs, animals")
    assert "missing or permuted" in figure.get_supxlabel()
    figure.savefig(tmp_path / "shares.png")
    assert (tmp_path / "shares.png").stat().st_size > 0


@pytest.mark.parametrize("task", ["kin", None])
def test_unknown_task_offers_those_there_are(task):
    with pytest.raises(
        ValueError, match=r"^`plot_modality_shares`: .*Known: 'kind', 'other'"
    ):
        plot_modality_shares(make_result("kind", "other"), task)
