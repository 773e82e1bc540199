"""The synthetic set's ceilings are true, and its files show its symbols."""

import itertools
import math

import cv2
import numpy as np
import pandas as pd
import pytest
import soundfile

import mmkeras as mm
from mmkeras.evaluation_sets import make_synthetic
from mmkeras.evaluation_sets._latents import (
    INPUTS,
    bayes_ceilings,
    draw_states,
    joint_table,
    truths,
)
from mmkeras.evaluation_sets._symbols import PITCHES, SIDE, WORDS

ROWS = {"train": 90, "validation": 12, "test": 60}
NOISE = {"image": 0.1, "sound": 0.25, "text": 0.3}
PAIR = ("image", "sound")
KINDS = ("redundant", "complementary", "xor")


def ceilings(interaction, symbols, noise, pair=PAIR):
    return bayes_ceilings(
        joint_table(truths(interaction, symbols, pair), symbols, noise)
    )


def subsets(names=INPUTS):
    return [
        some for n in range(len(names) + 1) for some in itertools.combinations(names, n)
    ]


def flat(probability):
    return dict.fromkeys(INPUTS, probability)


@pytest.fixture(scope="module", params=KINDS)
def made(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic") / request.param
    made = make_synthetic(
        folder, request.param, rows=ROWS, symbols=4, noise=NOISE, seed=3
    )
    return made, pd.read_csv(folder / "manifest.csv")


@pytest.mark.parametrize("symbols", [2, 3, 4])
def test_redundant_input_alone_reaches_its_own_noise(symbols):
    found = ceilings("redundant", symbols, NOISE)
    for name, noise in NOISE.items():
        assert found[name] == pytest.approx(1 - noise)


def test_three_redundant_inputs_of_equal_noise_vote():
    # Two symbols: right if two or three of three are.
    p = 0.8
    found = ceilings("redundant", 2, flat(1 - p))
    assert found["image+sound+text"] == pytest.approx(p**3 + 3 * p**2 * (1 - p))
    # A vote of two has no majority over one of them.
    assert found["image+sound"] == pytest.approx(p)


@pytest.mark.parametrize("symbols", [2, 3, 4])
def test_complementary_parts_multiply(symbols):
    found = ceilings("complementary", symbols, NOISE)
    assert found[""] == pytest.approx(1 / symbols**2)
    assert found["image"] == pytest.approx(0.9 / symbols)
    assert found["sound"] == pytest.approx(0.75 / symbols)
    assert found["image+sound"] == pytest.approx(0.9 * 0.75)
    assert found["text"] == found[""]


@pytest.mark.parametrize("symbols", [2, 3, 4])
@pytest.mark.parametrize("pair", list(itertools.combinations(INPUTS, 2)))
def test_xor_says_nothing_but_to_the_pair(symbols, pair):
    found = ceilings("xor", symbols, NOISE, pair)
    for names in subsets():
        if not set(pair) <= set(names):
            assert found["+".join(names)] == pytest.approx(1 / symbols, abs=1e-12)
    assert found["image+sound+text"] == pytest.approx(found["+".join(pair)])


def test_xor_of_two_symbols_is_right_if_both_or_none_is_wrong():
    found = ceilings("xor", 2, NOISE)
    assert found["image+sound"] == pytest.approx(0.9 * 0.75 + 0.1 * 0.25)


@pytest.mark.parametrize("interaction", KINDS)
@pytest.mark.parametrize("symbols", [2, 3])
def test_ceilings_are_those_of_many_draws(interaction, symbols):
    states, rows = truths(interaction, symbols, PAIR), 40_000
    labels, seen = draw_states(states, symbols, NOISE, rows, np.random.default_rng(0))
    table = pd.DataFrame(seen).assign(label=labels)
    found = ceilings(interaction, symbols, NOISE)
    for names in subsets():
        by = list(names)
        counts = table.groupby([*by, "label"]).size()
        most = counts.groupby(level=by).max() if by else counts.max()
        best = np.sum(most) / rows
        # Three standard errors; the best of a table's own counts is a little above.
        error = 3 * math.sqrt(0.25 / rows) + 0.005
        assert abs(best - found["+".join(names)]) < error


def test_bayes_rule_on_the_recorded_symbols_reaches_the_ceilings(made):
    made, table = made
    states = truths(made.interaction, 4, PAIR)
    joint = joint_table(states, 4, NOISE)
    classes = list(dict.fromkeys(state.label for state in states))
    symbols = tuple(table[f"{name}_symbol"] for name in INPUTS)
    for names in subsets():
        unseen = tuple(1 + i for i, name in enumerate(INPUTS) if name not in names)
        seen = tuple(
            s for s, name in zip(symbols, INPUTS, strict=True) if name in names
        )
        guesses = (
            joint.sum(unseen).argmax(0)[seen] if seen else joint.sum(unseen).argmax()
        )
        right = np.mean(np.array(classes)[guesses] == table["label"])
        ceiling = made.ceiling(*names)
        error = math.sqrt(ceiling * (1 - ceiling) / len(table))
        assert abs(right - ceiling) <= 3 * error


def test_files_show_their_symbols(made):
    made, table = made
    for row in table.itertuples():
        pixels = cv2.imread(str(made.folder / row.image), cv2.IMREAD_UNCHANGED)
        assert read_stripes(pixels, 4) == row.image_symbol
        samples, rate = soundfile.read(made.folder / row.sound)
        assert read_pitch(samples, rate) == row.sound_symbol
        assert row.text in WORDS[row.text_symbol]


def read_stripes(pixels, symbols):
    """The direction in which a spectrum is strongest, in half turns by `symbols`."""
    assert pixels.shape == (SIDE, SIDE) and pixels.dtype == np.uint8
    window = np.outer(np.hanning(SIDE), np.hanning(SIDE))
    spectrum = np.abs(np.fft.fft2((pixels - pixels.mean()) * window, (64, 64)))
    y, x = np.unravel_index(spectrum[:, :33].argmax(), (64, 33))
    angle = math.atan2(y if y < 32 else y - 64, x) % math.pi
    return round(angle / math.pi * symbols) % symbols


def read_pitch(samples, rate):
    peak = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
    return int(np.abs(np.log(peak / np.array(PITCHES))).argmin())


def test_words_are_of_one_symbol():
    words = [word for some in WORDS for word in some]
    assert len(set(words)) == len(words)


def test_classes_are_balanced(made):
    counts = made[1][made[1]["split"] == "train"]["label"].value_counts()
    # 90 rows: as even as whole rows of the equally likely states allow.
    assert counts.max() - counts.min() <= 4


def test_it_loads_with_every_input_optional(made, tmp_path):
    data = mm.load_dataset(made[0].spec, cache_dir=tmp_path, progress=False)
    assert {name: len(data[name]) for name in data.splits} == ROWS
    assert all(modality.optional for modality in data.spec.inputs.values())
    assert len(data.quarantine) == 0


def test_card_states_the_ceilings(made):
    card = (made[0].folder / "README.md").read_text()
    for names, ceiling in made[0].ceilings.items():
        assert f"| {names or 'none'} | {ceiling:.4g} |" in card


def test_same_seed_gives_the_same_bytes(made, tmp_path):
    made = made[0]
    again = make_synthetic(
        tmp_path / "again", made.interaction, rows=ROWS, symbols=4, noise=NOISE, seed=3
    )
    before, after = ((m.folder / "SHA256SUMS").read_bytes() for m in (made, again))
    assert before == after and before.count(b"\n") > 2 * sum(ROWS.values())


def test_other_seed_gives_other_rows(tmp_path):
    small = dict.fromkeys(ROWS, 8)
    for seed in (0, 1):
        make_synthetic(tmp_path / str(seed), "xor", rows=small, seed=seed)
    first, other = (
        pd.read_csv(tmp_path / str(s) / "manifest.csv").image_symbol.tolist()
        for s in (0, 1)
    )
    assert first != other


WRONG = {
    "interaction": ("xnor", "Did you mean 'xor'"),
    "rows": ({"train": 8}, "train, validation, test"),
    "symbols": (5, "from 2 to 4"),
    "noise": (1.0, r"in \[0, 1\)"),
    "pair": (("image", "image"), "Choose from image, sound, text"),
    "seed": (-1, "Pass for example seed=0"),
}


@pytest.mark.parametrize("argument", WRONG)
def test_wrong_argument_is_refused(argument, tmp_path):
    value, fix = WRONG[argument]
    arguments = {"interaction": "xor", argument: value}
    with pytest.raises(ValueError, match=fix):
        make_synthetic(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_noise_of_an_unknown_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'image'"):
        make_synthetic(tmp_path / "new", "xor", noise={"imag": 0.1})


def test_ceiling_of_an_unknown_input_is_refused(made):
    with pytest.raises(ValueError, match="Did you mean 'sound'"):
        made[0].ceiling("sounds")


def test_foreign_folder_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ValueError, match="Pass another folder"):
        make_synthetic(tmp_path, "xor")
    assert (tmp_path / "thesis.txt").read_text() == "precious"
