"""plot_robustness: what is on the picture."""

import pytest

from mmkeras.evaluation import Robustness, plot_robustness


def curve(*values):
    return {
        "severities": list(range(len(values))),
        "value": list(values),
        "low": [value - 0.1 for value in values],
        "high": [value + 0.1 for value in values],
    }


def make_result(*tasks, unit="points"):
    figures = {
        "headline": "accuracy",
        "lower_is_better": False,
        "unit": unit,
        "clean": {"value": 0.9, "low": 0.8, "high": 1.0},
        "curves": {
            "image": {"gaussian_noise": curve(0.9, 0.8), "jpeg": curve(0.9, 0.7)},
            "sound": {"noise": curve(0.9, 0.6)},
            "word": {"typos": curve(0.9, 0.6)},
            "all inputs": {"image jpeg + sound noise": curve(0.9, 0.2)},
        },
    }
    return Robustness(
        name="animals",
        split="test",
        rows=1200,
        severities=1,
        tasks={task: figures for task in tasks},
    )


def test_every_input_has_a_panel():
    figure = plot_robustness(make_result("kind"))
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    assert titles == ["image", "sound", "word", "all inputs"]


def test_lines_are_the_curves_and_the_clean_value():
    panel = plot_robustness(make_result("kind")).axes[0]
    clean, *lines = panel.lines
    assert (clean.get_linestyle(), list(clean.get_ydata())) == ("--", [0.9, 0.9])
    assert [list(line.get_ydata()) for line in lines] == [[0.9, 0.8], [0.9, 0.7]]
    assert len({line.get_color() for line in lines}) == 2
    names = [text.get_text() for text in panel.get_legend().get_texts()]
    assert names == ["gaussian noise", "JPEG"]


def test_bands_are_the_intervals():
    panel = plot_robustness(make_result("kind")).axes[1]
    (band,) = panel.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.5, 1.0))


def test_task_data_and_figure_are_named(tmp_path):
    figure = plot_robustness(make_result("kind", "other"), "kind")
    title = figure.get_suptitle()
    assert title.startswith("kind: accuracy")
    assert "animals, split 'test', 1,200 rows" in title
    figure.savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 0


def test_unit_is_on_the_axis():
    assert plot_robustness(make_result("kind", unit="EUR")).get_supylabel() == (
        "accuracy (EUR)"
    )


@pytest.mark.parametrize("task", ["kin", None])
def test_unknown_task_offers_those_there_are(task):
    with pytest.raises(
        ValueError, match=r"^`plot_robustness`: .*Known: 'kind', 'other'"
    ):
        plot_robustness(make_result("kind", "other"), task)
