"""Image, sound and text whose best accuracies, alone and together, are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras import _checks
from mmkeras.evaluation_sets import _symbols
from mmkeras.evaluation_sets._files import (
    MANIFEST,
    SUFFIX,
    markdown_table,
    write_manifest,
    write_picture,
    write_sound,
    write_spec,
)
from mmkeras.evaluation_sets._folder import building
from mmkeras.evaluation_sets._latents import (
    INPUTS,
    INTERACTIONS,
    bayes_ceilings,
    draw_states,
    joint_table,
    truths,
)
from mmkeras.evaluation_sets.synthetic_set import SyntheticSet
from mmkeras.modalities import Audio, Image, Text
from mmkeras.sources import Csv
from mmkeras.spec import About, Spec
from mmkeras.split_rule import SplitByColumn
from mmkeras.tasks import Classification

OWNER = "make_synthetic"
VERSION = 1  # Raise it when the same arguments give other files.
ROWS = {"train": 1200, "validation": 300, "test": 600}
# A window of 25 ms at 4 kHz has no more bins for more bands.
_MEL_BINS = 20

TELLS = {
    "redundant": "every input shows the class, each with noise of its own",
    "complementary": "the class is a pair (a, b): a is in one input, b in another",
    "xor": "the class is (a + b) mod the symbols: a is in one input, b in another, "
    "and either alone says nothing",
}


def make_synthetic(
    folder: str | Path,
    interaction: str,
    *,
    rows: Mapping[str, int] | None = None,
    symbols: int = 2,
    noise: float | Mapping[str, float] = 0.1,
    pair: Sequence[str] = ("image", "sound"),
    seed: int = 0,
) -> SyntheticSet:
    """Make image, sound and text whose best accuracies are known by construction.

    For checks of models, fusions and evaluations: no model of some inputs can be
    better than their ceiling, and one that learns what there is reaches it. Each
    input shows one of a few symbols, plain to a small encoder: the direction of
    stripes in a 16x16 picture, the pitch of a tone of 0.25 s at 4 kHz, one of three
    words. With a known probability it shows another symbol; that alone limits the
    accuracy. The label follows from the symbols' true values:

    - `"redundant"`: all three are the class.
    - `"complementary"`: the class is the pair `(a, b)` of the true symbols of `pair`.
    - `"xor"`: the class is `(a + b) mod symbols`, of which one of them says nothing.

    An input that is not in `pair` shows any symbol in the latter two. The ceilings
    are `sum over s of max over y of P(y, s)`, by enumeration of all classes `y` and
    symbols `s`.

    Args:
        folder: new, empty, or an earlier built set, which is replaced as a whole.
        interaction: `"redundant"`, `"complementary"` or `"xor"`.
        rows: by split, of train, validation and test; 1200, 300 and 600 if `None`.
        symbols: of each input, 2 to 4.
        noise: probability that an input shows another symbol than the true one,
            below 1; or that of each input by name.
        pair: the two inputs that decide, in the latter two interactions.
        seed: of every random choice, at least 0; the same seed gives the same bytes.

    Returns:
        Where it is, its spec and its ceilings. All inputs are optional in the spec.
        The manifest's columns are `id`, `split`, `label`, the three inputs and their
        `<input>_symbol`: what is shown.

    Raises:
        ValueError: for an argument that is not as above, or a folder that holds
            anything else.

    Example:
        >>> rows = {"train": 8, "validation": 4, "test": 4}
        >>> made = make_synthetic("built/xor", "xor", rows=rows, noise=0.0)
        >>> made.ceiling("image"), made.ceiling("image", "sound")
        (0.5, 1.0)
    """
    import pandas as pd

    noise = _check(interaction, rows, symbols, noise, pair, seed)
    rows = dict(ROWS if rows is None else rows)
    folder, name = Path(folder), f"synthetic_{interaction}"
    states = truths(interaction, symbols, pair)
    ceilings = bayes_ceilings(joint_table(states, symbols, noise))
    arguments = {"rows": rows, "symbols": symbols, "noise": noise, "pair": [*pair]}
    about = {"version": VERSION, "interaction": interaction, **arguments, "seed": seed}
    with building(OWNER, folder, about) as fresh:
        parts = []
        for number, (split, count) in enumerate(rows.items()):
            random = np.random.default_rng([seed, number])
            labels, seen = draw_states(states, symbols, noise, count, random)
            part = pd.DataFrame({"split": split, "label": labels})
            parts.append(part.assign(**{f"{key}_symbol": seen[key] for key in INPUTS}))
        table = pd.concat(parts, ignore_index=True)
        table.insert(0, "id", [f"row_{row:05d}" for row in range(len(table))])
        _write_inputs(fresh, table, symbols, np.random.default_rng([seed, len(rows)]))
        write_manifest(fresh, table)
        spec = _spec(name, interaction, list(dict.fromkeys(s.label for s in states)))
        write_spec(fresh, spec)
        card = _card(spec, table, ceilings, about)
        (fresh / "README.md").write_text(card, encoding="utf-8", newline="\n")
    return SyntheticSet(folder, folder / f"{name}.yaml", interaction, ceilings)


def _check(
    interaction: Any, rows: Any, symbols: Any, noise: Any, pair: Any, seed: Any
) -> dict[str, float]:
    """Refuse what is out of range; the noise of each input."""
    _checks.check_choice(OWNER, "interaction", interaction, INTERACTIONS)
    if rows is not None and (not isinstance(rows, Mapping) or set(rows) != set(ROWS)):
        raise _checks.bad_value(
            OWNER, "rows", f"given for {', '.join(ROWS)}", rows, "Or leave it out."
        )
    for split, count in (rows or {}).items():
        _checks.check_positive_int(OWNER, f"rows.{split}", count)
    _checks.check_positive_int(OWNER, "symbols", symbols)
    if not 2 <= symbols <= _symbols.MOST_SYMBOLS:
        most = _symbols.MOST_SYMBOLS
        raise _checks.bad_value(OWNER, "symbols", f"from 2 to {most}", symbols)
    of_each = noise if isinstance(noise, Mapping) else dict.fromkeys(INPUTS, noise)
    for key, probability in of_each.items():
        _checks.check_choice(OWNER, "noise", key, INPUTS)
        _checks.check_fraction(OWNER, f"noise.{key}", probability)
    known = len(pair) == 2 and set(pair) <= set(INPUTS) and pair[0] != pair[1]
    if isinstance(pair, str) or not known:
        fix = f"Choose from {', '.join(INPUTS)}."
        raise _checks.bad_value(OWNER, "pair", "two of the inputs", pair, fix)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        fix = "Pass for example seed=0."
        raise _checks.bad_value(OWNER, "seed", "a whole number from 0 on", seed, fix)
    return dict.fromkeys(INPUTS, 0.0) | dict(of_each)


def _write_inputs(
    folder: Path, table: Any, symbols: int, random: np.random.Generator
) -> None:
    """Encode the symbols as files and words, and name them in the table."""
    image = [f"image/{row}{SUFFIX['image']}" for row in table["id"]]
    sound = [f"sound/{row}{SUFFIX['audio']}" for row in table["id"]]
    for name in ("image", "sound"):
        (folder / name).mkdir()
    for path, symbol in zip(image, table["image_symbol"], strict=True):
        write_picture(folder / path, _symbols.picture(symbol, symbols, random))
    for path, symbol in zip(sound, table["sound_symbol"], strict=True):
        write_sound(folder / path, _symbols.sound(symbol, random), _symbols.SAMPLE_RATE)
    table["image"], table["sound"] = image, sound
    table["text"] = [_symbols.word(symbol, random) for symbol in table["text_symbol"]]


def _spec(name: str, interaction: str, classes: list[str]) -> Spec:
    return Spec(
        name=name,
        about=About(description=f"Synthetic: {TELLS[interaction]}.", licence="CC0-1.0"),
        source=Csv(path=MANIFEST),
        id_column="id",
        inputs={
            "image": Image(
                column="image",
                size=(_symbols.SIDE, _symbols.SIDE),
                channels=1,
                optional=True,
            ),
            "sound": Audio(
                column="sound",
                sample_rate=_symbols.SAMPLE_RATE,
                seconds=_symbols.SECONDS,
                num_mel_bins=_MEL_BINS,
                optional=True,
            ),
            "text": Text(column="text", max_tokens=1, optional=True),
        },
        tasks={"label": Classification(column="label", classes=tuple(classes))},
        split=SplitByColumn(column="split", values={split: (split,) for split in ROWS}),
    )


def _card(
    spec: Spec, table: Any, ceilings: dict[str, float], about: dict[str, Any]
) -> str:
    counts = table["split"].value_counts().to_dict()
    lines = [
        f"# {spec.name}",
        "",
        f"{spec.about.description} {about['symbols']} symbols an input; shown wrongly "
        f"with probability {about['noise']}; decided by {', '.join(about['pair'])} "
        "unless redundant. `mm.load_dataset` opens "
        f"`{spec.name}.yaml`.",
        "",
        "## Best possible accuracy, of any model that has these inputs",
        "",
        *markdown_table(
            ["inputs", "accuracy"], [[k or "none", v] for k, v in ceilings.items()]
        ),
        "",
        "## Rows",
        "",
        *markdown_table(["split", "rows"], [[s, counts[s]] for s in ROWS]),
        "",
        "`<input>_symbol` in `manifest.csv` is what the input shows. Made by "
        "`make_synthetic` with the arguments in `generator.json`, seed "
        f"{about['seed']}; `sha256sum -c SHA256SUMS` checks the files. No picture and "
        "no recording of anybody was used.",
        "",
    ]
    return "\n".join(lines)
