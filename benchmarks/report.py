"""The whole report of a trained model, and how long it takes.

    MMKERAS_DATA=... python benchmarks/report.py [--epochs 8] [--folder runs/report]

On avdigits (500 test rows, one speaker who is not in training): every figure with its
interval, every subset of the inputs, every corruption at five severities, the page
and the model card. Prints the seconds of each part and what the report says.
"""

import json
import time
from pathlib import Path

import keras
from _machine import machine
from _report import command_line, print_table

import mmkeras as mm
from mmkeras._data_specs import shipped_spec


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=Path("runs/report"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    data = mm.load_dataset(shipped_spec("avdigits"), progress=False)
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec)
    model.compile(
        keras.optimizers.Adam(2e-3),
        loss=data.spec.losses(),
        weighted_metrics=data.spec.metrics(),
    )
    history = model.fit(
        data["train"].batches(64, shuffle=True, seed=0),
        validation_data=data["validation"].batches(256),
        epochs=arguments.epochs,
        verbose=0,
    ).history

    seconds = {}

    def timed(title, function):
        start = time.perf_counter()
        found = function()
        seconds[title] = time.perf_counter() - start
        return found

    test = data["test"]
    timed("figures and intervals", lambda: mm.evaluate(model, test))
    report = timed(
        "the same, subsets and corruptions too",
        lambda: mm.evaluate(model, test, modalities=True, robustness=True),
    )
    page = arguments.folder / "report.html"
    timed("report.html", lambda: report.save_html(page))
    card = arguments.folder / "model_card.md"
    timed(
        "model_card.md",
        lambda: mm.model_card(report, card, model=model, history=history),
    )
    print(machine())
    print_table(
        ["part", "seconds"], [[name, f"{took:.1f}"] for name, took in seconds.items()]
    )
    print(f"\n{page}: {page.stat().st_size / 2**20:.1f} MiB")
    for sentence in report.modalities["digit"]["sentences"]:
        print(f"- {sentence}")
    print_table(
        ["input", "corruption", "accuracy at severity 0 to 5", "relative robustness"],
        [
            [
                name,
                corruption,
                " ".join(f"{100 * value:.0f}" for value in curve["value"]),
                f"{curve['relative_robustness']['value']:.3f}",
            ]
            for name, curves in report.robustness["digit"]["curves"].items()
            for corruption, curve in curves.items()
        ],
    )
    if arguments.json:
        content = {"seconds": seconds, "report": report.to_dict()}
        arguments.json.write_text(json.dumps(content, indent=2))


if __name__ == "__main__":
    main()
