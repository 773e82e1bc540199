"""The model card: what it says is what the spec, the report and the history say."""

import dataclasses
import re
import types

import numpy as np
import pytest

import mmkeras as mm
from mmkeras.evaluation import model_card

# Mitchell et al., 2019, figure 1, in its order.
SECTIONS = (
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
)


def section(card, title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", card, re.M | re.S).group(1)


@pytest.fixture(scope="module")
def card(many_report):
    return model_card(many_report)


def test_sections_are_those_of_model_cards(card):
    assert tuple(re.findall(r"^## (.*)$", card, re.M)) == SECTIONS
    assert all(section(card, title).strip() for title in SECTIONS)
    assert card.startswith("# Model card: many\n")


def test_nothing_is_left_to_be_written(card):
    assert not re.search(r"TODO|TBD|be written|fill in|\bNone\b|\bnan\b", card)


def test_scores_are_those_of_the_report(card, many_report):
    scores = section(card, "Quantitative analyses")
    for task, figures in many_report.tasks.items():
        assert f"### {task}\n" in scores
        for key, value in figures.items():
            if isinstance(value, float):
                assert f"| {value:.4f} |" in scores, key
    low, high = many_report.intervals["kind"]["accuracy"]
    accuracy = many_report["kind"]["accuracy"]
    assert (
        f"accuracy on `kind` is {100 * accuracy:.1f} % "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f})"
    ) in card


def test_inputs_and_tasks_are_described(card):
    details = section(card, "Model details")
    for text in (
        "| image | image | 12 x 16 pixels, RGB (uint8) | needed |",
        "| words | text | up to 6 tokens (words), a vocabulary of",
        "| may be absent |",
        "0.1 s at 8,000 Hz, mono (int16), heard in 64 mel bands",
        "one of 3 known names",
        "`grade` is one of 3 classes (low, mid, high), from low to high",
        "`price` is a number in EUR (regression, learned from `target`)",
        "`place` is 2 numbers in EUR, cm",
        "`tags` is any of 2 classes (a, b)",
        "`box` is a box in `image`",
        "`pair` is an embedding of `image` and one of `tone`",
    ):
        assert text in details


def test_rows_and_missing_rates_are_those_of_the_splits(card, many_tasks):
    found = section(card, "Evaluation data")
    sizes = [len(many_tasks[name]) for name in many_tasks.splits]
    assert f"| rows | {' | '.join(map(str, sizes))} |" in found
    rates = []
    for name in many_tasks.splits:
        there = many_tasks.present("words")[many_tasks[name].positions]
        rates.append(f"{100 * (1 - there.mean()):.1f} %" if not there.all() else "none")
    assert f"| without words | {' | '.join(rates)} |" in found


def test_labels_are_counted_by_split(card, many_tasks):
    found = section(card, "Training data")
    cells = []
    for name in many_tasks.splits:
        split = many_tasks[name]
        labels = split.labels("kind")[split.weights("kind") > 0]
        count = int((labels == 0).sum())
        cells.append(f"{count} ({100 * count / len(labels):.1f} %)")
    assert f"| high | {' | '.join(cells)} |" in found
    prices = many_tasks["train"].labels("price")
    assert f"| lowest | {prices.min():.4g} |" in found


def test_range_of_numbers_is_a_limit_of_use(card, many_tasks):
    prices = many_tasks["train"].labels("price")
    text = (
        f"`price` was learned from values of {prices.min():.4g} to {prices.max():.4g}"
    )
    assert text.capitalize()[:7] in section(card, "Intended use")
    assert text[7:] in section(card, "Intended use")


def test_few_rows_and_the_weakest_class_are_limits(card, many_report):
    found = section(card, "Caveats and recommendations")
    per_class = many_report["kind"]["per_class"]
    weakest = min(per_class, key=lambda name: per_class[name]["f1"])
    assert f"`kind`: The weakest class is {weakest}" in found
    assert "`kind`: Fewer than 30 rows of the split are of high, low and mid" in found


def test_unknown_licence_and_what_was_not_measured_are_limits(card):
    found = section(card, "Caveats and recommendations")
    for text in ("licence is not known", "modalities=True", "robustness=True"):
        assert text in found


def test_miscalibration_is_a_limit(many_report):
    figures = {**many_report["kind"]}
    bins = [
        {"low": 0.8, "high": 0.9, "confidence": 0.9, "accuracy": 0.5, "weight": 10.0}
    ]
    for error, gap, side in ((0.4, 0.9, "surer"), (0.2, 0.3, "less sure")):
        figures |= {"ece": error, "calibration": [{**bins[0], "confidence": gap}]}
        report = dataclasses.replace(many_report, tasks={"kind": figures})
        found = section(model_card(report), "Caveats and recommendations")
        assert f"{100 * error:.1f} points off on average" in found
        assert f"the model is {side} than it is right" in found
    figures["ece"] = 0.01
    report = dataclasses.replace(many_report, tasks={"kind": figures})
    assert "points off" not in model_card(report)


def test_scores_of_training_rows_are_warned_of(many_report):
    report = dataclasses.replace(many_report, split="train")
    assert "rows that the model was trained on" in model_card(report)


def test_inputs_that_were_taken_away_are_said(many_report, many_tasks):
    gone = many_tasks["test"].with_missing({"words": 1.0})
    card = model_card(dataclasses.replace(many_report, of=gone))
    assert "inputs were taken away: 100 % of the rows without `words`" in card
    assert "`words` is missing in 100 % of these rows, but was in" in card


def test_about_is_told(many_report, many_tasks):
    about = mm.About(
        description="Tones & pictures | of <b>nothing</b>.",
        licence="CC0-1.0",
        citation="Nobody, 2020.",
        homepage="https://example.org",
    )
    spec = many_tasks.spec.replace(about=about)
    data = many_tasks._copy(spec=spec)
    report = dataclasses.replace(many_report, of=data["test"])
    found = section(model_card(report), "Training data")
    assert (
        r"Tones & pictures \| of \<b\>nothing\</b\>. Its licence is CC0-1.0." in found
    )
    assert "Nobody, 2020. More at <https://example.org>." in found
    assert "licence is not known" not in model_card(report)


def test_history_gives_epochs_and_best_values(many_report):
    history = {
        "loss": [3.0, 2.0, 1.0],
        "val_loss": [2.5, 1.5, 2.0],
        "accuracy": [0.1] * 3,
    }
    found = section(model_card(many_report, history=history), "Training data")
    assert "trained for 3 epochs" in found
    assert "lowest in epoch 2 and 1.33 times that in the last" in found
    assert "| val loss | 2.5 | 1.5 | 2 |" in found
    assert "| accuracy | 0.1 | 0.1 | 0.1 |" in found
    fitted = types.SimpleNamespace(history=history)
    assert section(model_card(many_report, history=fitted), "Training data") == found


def test_model_gives_its_parts(small_model, small_data):
    report = mm.evaluate(
        small_model, small_data["test"], repeats=10, modalities=True, robustness=True
    )
    card = model_card(report, model=small_model)
    details = section(card, "Model details")
    assert f"{small_model.count_params():,} parameters" in details
    assert "meet in `Concat`" in details
    for layer in small_model.layers:
        if layer.count_params():
            assert f"| {layer.count_params():,} |" in details
    assert "Trained with Adam; its learning rate was 0.001" in card
    scores = section(card, "Quantitative analyses")
    sentence = report.modalities["kind"]["sentences"][0]
    assert f"- {sentence[0].upper()}{sentence[1:]}." in scores
    assert "under" in scores and "severity 5" in scores
    assert "not measured" not in card


def test_what_the_author_says_is_there(many_report):
    card = model_card(
        many_report,
        author="Ann <ann@example.org>",
        intended_use="To sort *tones*.",
        training="On one CPU.",
    )
    assert r"Answerable: Ann \<ann@example.org\>." in card
    assert section(card, "Intended use").strip().startswith(r"To sort \*tones\*.")
    assert "### Training\n\nOn one CPU." in card


def test_card_is_saved(many_report, card, tmp_path):
    assert model_card(many_report, tmp_path) == card
    assert (tmp_path / "model_card.md").read_text(encoding="utf-8") == card
    model_card(many_report, tmp_path / "new" / "card.md")
    assert (tmp_path / "new" / "card.md").is_file()


def test_tables_have_as_many_cells_in_each_line(card):
    for block in re.findall(r"(?:^\|.*\n)+", card, re.M):
        lines = [re.sub(r"\\\|", "", line) for line in block.strip().split("\n")]
        assert len({line.count("|") for line in lines}) == 1, block


def test_wrong_report_is_refused(many_report):
    with pytest.raises(TypeError, match=r"Pass what `mm.evaluate` returns"):
        model_card({"accuracy": 1})
    with pytest.raises(ValueError, match=r"Take it from `mm.evaluate`"):
        model_card(dataclasses.replace(many_report, of=None))


@pytest.mark.parametrize("history", [{"loss": []}, {"loss": [1.0], "a": [1.0, 2.0]}])
def test_wrong_history_is_refused(many_report, history):
    with pytest.raises(ValueError, match=r"Pass what one `model.fit` returns"):
        model_card(many_report, history=history)


def test_history_of_another_type_is_refused(many_report):
    with pytest.raises(TypeError, match=r"Pass what `model.fit` returns"):
        model_card(many_report, history=[1.0, 2.0])


def test_limits_name_the_input_that_the_model_rests_on(many_report):
    interval = {"value": 0.8, "low": 0.7, "high": 0.9}
    low = {"value": 0.2, "low": 0.1, "high": 0.3}
    shares = {
        "headline": "accuracy",
        "lower_is_better": False,
        "unit": "points",
        "subsets": {("a", "b"): interval, ("b",): low, ("a",): interval, (): low},
        "gain": {"value": 0.6, "low": 0.5, "high": 0.7},
        "adds": {"a": {"value": 0.6}, "b": {"value": 0.0}},
        "shapley": {"a": {"share": 0.99}, "b": {"share": 0.01}},
        "sentences": ["a adds 60.0 points over b alone"],
    }
    modalities = mm.evaluation.ModalityShares(
        "many", "test", 9, {"a": "permuted", "b": "missing"}, True, {"kind": shares}
    )
    card = model_card(dataclasses.replace(many_report, modalities=modalities))
    found = section(card, "Caveats and recommendations")
    assert (
        "`kind`: It rests on `a`: with that of other rows in its place accuracy goes "
        "from 80.0 % to 20.0 %."
    ) in found
    assert "rests on `b`" not in found
    assert "the Shapley shares are a 99 % and b 1 %" in card


def test_numbers_are_not_shown_as_arrays(card):
    assert not np.any(["array(" in line or "np." in line for line in card.split("\n")])
