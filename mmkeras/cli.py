"""The command line: every verb calls one public function."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Keras models that see, read and hear at once.",
)
_Debug = Annotated[bool, typer.Option(help="Show the traceback of an error.")]
_debug = False


@app.callback()
def _options(debug: _Debug = False) -> None:
    global _debug
    _debug = debug


@app.command()
def quickstart(
    folder: Annotated[
        Path, typer.Option(help="Where pictures, model and SavedModel go.")
    ] = Path("runs/quickstart"),
    epochs: Annotated[int, typer.Option(help="Passes over the training split.")] = 10,
    seed: Annotated[int, typer.Option(help="Of weights and shuffling.")] = 0,
) -> None:
    """The whole job on data made here: load, train, evaluate, export, serve.

    Example: mmkeras quickstart --folder runs/first
    """
    from mmkeras.demo import quickstart as run

    run(folder, epochs=epochs, seed=seed)


@app.command()
def profile(
    spec: Annotated[Path, typer.Argument(help="A data set's YAML file.")],
    batch_size: Annotated[int, typer.Option(help="Rows of a batch.")] = 64,
    rows: Annotated[int, typer.Option(help="Rows read and decoded for timing.")] = 512,
    steps: Annotated[int, typer.Option(help="Training steps timed.")] = 30,
    json: Annotated[Path | None, typer.Option(help="Write the figures here.")] = None,
) -> None:
    """Rows per second of each stage, the bottleneck, and what to change.

    Example: mmkeras profile data_specs/digits.yaml
    """
    from mmkeras.profiling import profile as run

    found = run(spec, batch_size=batch_size, rows=rows, steps=steps)
    typer.echo(str(found))
    if json is not None:
        json.write_text(dumps(found.to_dict(), indent=2) + "\n", encoding="utf-8")


@app.command()
def check_data(
    spec: Annotated[Path, typer.Argument(help="A data set's YAML file.")],
    group: Annotated[
        list[str] | None,
        typer.Option(help="A column whose values must not be in two splits."),
    ] = None,
    max_rows: Annotated[int, typer.Option(help="Rows whose files are read.")] = 20_000,
    html: Annotated[Path | None, typer.Option(help="Write a page here.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the findings here.")] = None,
) -> None:
    """Leaks between splits, labels, and what is wrong with inputs.

    Exits with 1 if there is a problem, with 0 if there are warnings and notes alone.

    Example: mmkeras check-data data_specs/digits.yaml --html check.html
    """
    from mmkeras.data_check import check_data as run

    found = run(spec, group_columns=group or (), max_rows=max_rows)
    typer.echo(str(found))
    if html is not None:
        found.save_html(html)
    if json is not None:
        json.write_text(dumps(found.to_dict(), indent=2) + "\n", encoding="utf-8")
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def check_serving(
    path: Annotated[Path, typer.Argument(help="An export, or its folder of versions.")],
    spec: Annotated[
        Path | None, typer.Option(help="A data set's YAML file, to compare rows of.")
    ] = None,
    split: Annotated[str, typer.Option(help="The split of those rows.")] = "test",
    rows: Annotated[int, typer.Option(help="How many rows, at most.")] = 64,
    json: Annotated[Path | None, typer.Option(help="Write the findings here.")] = None,
    latency: Annotated[
        bool, typer.Option(help="Measure how long answers take.")
    ] = True,
) -> None:
    """What would keep a server from an export, or make it answer wrongly.

    Exits with 1 if a check fails.

    Example: mmkeras check-serving runs/quickstart/serving/digits --no-latency
    """
    from mmkeras.serving.check_serving import check_serving as run

    found = run(path, spec=spec, split=split, rows=rows, latency=latency)
    typer.echo(str(found))
    if json is not None:
        json.write_text(dumps(found.to_dict(), indent=2) + "\n", encoding="utf-8")
    if not found.ok:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; an error is one sentence, unless `--debug` is given."""
    try:
        app()
    except (ValueError, TypeError, OSError, ImportError) as error:
        if _debug:
            raise
        from rich.console import Console

        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"Error: {error}", markup=False
        )
        sys.exit(1)
