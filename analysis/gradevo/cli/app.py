"""The commands, in the order in which the workflow calls them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gradevo.cli.check import known, read
from gradevo.cli.health import Dead, Exploding, Growth, Oscillating, Vanishing
from gradevo.cli.progress import Progress
from gradevo.config import Graph, Thresholds

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The record of how gradients evolve while a neural network learns.",
)

LIMITS, EDGES = Thresholds(), Graph()

Raw = Annotated[Path, typer.Option(help="Folder of downloads and of files that you put there yourself.")]
Sources = Annotated[Path, typer.Option(help="Where each dataset comes from.")]
ConfigFile = Annotated[Path, typer.Option(help="Configuration file.")]


@app.command()
def check(
    config: Annotated[Path, typer.Argument(help="Configuration file.")],
    sources: Sources = Path("data/sources.yaml"),
) -> None:
    """Validate a configuration file."""
    from gradevo.config import read_config

    checked = known(read_config(config), sources, str(config))
    print(f"{config}: {checked.name}: {', '.join(checked.experiments)}")


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(help="Name in the sources file.")],
    output: Annotated[Path, typer.Option(help="Prepared dataset to write (.npz).")],
    raw: Raw = Path("data/raw"),
    sources: Sources = Path("data/sources.yaml"),
) -> None:
    """Find or download a dataset, check it and prepare it for training."""
    from gradevo import datasets

    found = datasets.fetch(dataset, raw, sources)
    datasets.save(found, output)
    task = f"{found.classes} classes" if found.classes else "regression"
    print(
        f"{dataset}: {len(found.x_train)} + {len(found.x_test)} rows of shape {found.x_train.shape[1:]}, "
        f"{task}, from {found.provenance['file']} ({found.provenance['kind']})"
    )


@app.command()
def train(
    experiment: Annotated[str, typer.Argument(help="Name in the configuration, or an experiment as JSON.")],
    data: Annotated[Path, typer.Option(help="Prepared dataset (gradevo fetch).")],
    output: Annotated[Path, typer.Option(help="Run file to write.")],
    provenance: Annotated[Path | None, typer.Option(help="Provenance to write (JSON).")] = None,
    seed: Annotated[int | None, typer.Option(help="Default: the experiment's first seed.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads for TensorFlow. Default: its own.")
    ] = None,
    config: ConfigFile = Path("config/default.yaml"),
    overwrite: Annotated[bool, typer.Option(help="Replace an existing run file.")] = False,
) -> None:
    """Train a model and record every batch's gradient; continues where a killed run stopped."""
    from gradevo.cli.train import train as train_experiment

    chosen = read(experiment, config)
    seed = chosen.seeds[0] if seed is None else seed
    with Progress(chosen) as progress:
        train_experiment(chosen, seed, data, output, provenance, threads, overwrite, progress)


@app.command()
def info(run: Annotated[Path, typer.Argument(help="Run file, also one that is still growing.")]) -> None:
    """Print what a run holds: epochs, steps, sizes, compression, data, versions, configuration."""
    from gradevo.cli.info import describe

    print(describe(run))


@app.command()
def statistics(
    run: Annotated[Path, typer.Argument(help="Run file.")],
    output: Annotated[Path, typer.Option(help="statistics.h5 to write.")],
    table: Annotated[Path | None, typer.Option(help="statistics.csv to write.")] = None,
) -> None:
    """Compute the statistics of a run, also of one that is still growing."""
    from gradevo.statistics import analyse

    analyse(run, output, table)


@app.command()
def figures(
    statistics: Annotated[list[Path], typer.Argument(help="statistics.h5, one a seed.")],
    folder: Annotated[Path, typer.Option(help="Folder for the PNG and PDF files.")],
) -> None:
    """Draw an experiment's figures."""
    from gradevo.pictures.figures import draw_all

    for path in draw_all(statistics, folder):
        print(path)


@app.command()
def animate(
    statistics: Annotated[Path, typer.Argument(help="statistics.h5.")],
    gif: Annotated[Path, typer.Option(help="GIF to write.")],
    mp4: Annotated[Path, typer.Option(help="MP4 to write.")],
) -> None:
    """Draw the heatmaps of the gradients, an image an epoch."""
    from gradevo.pictures.heatmaps import animate as draw

    draw(statistics, gif, mp4)


@app.command()
def doctor(
    file: Annotated[Path, typer.Argument(help="Run file, also one that is still growing, or statistics.h5.")],
    exploding: Exploding = LIMITS.exploding,
    growth: Growth = LIMITS.growth,
    dead: Dead = LIMITS.dead,
    vanishing: Vanishing = LIMITS.vanishing,
    oscillating: Oscillating = LIMITS.oscillating,
) -> None:
    """Look for layers whose gradients explode, vanish, oscillate or are dead, and say what usually helps."""
    from gradevo.cli.doctor import examine

    print(
        examine(
            file,
            Thresholds(
                exploding=exploding, growth=growth, dead=dead, vanishing=vanishing, oscillating=oscillating
            ),
        )
    )


@app.command()
def convergence(
    runs: Annotated[list[Path], typer.Argument(help="Run files of one experiment, one a seed.")],
    data: Annotated[Path, typer.Option(help="Prepared dataset of the runs.")],
    table: Annotated[Path, typer.Option(help="convergence.csv to write.")],
    folder: Annotated[Path, typer.Option(help="Folder for the PNG and PDF files.")],
    threshold: Annotated[
        float | None, typer.Option(help="Loss to get below. Default: where the runs were to end, else 0.001.")
    ] = None,
) -> None:
    """Tell which seeds of a small network converged and which got stuck."""
    from gradevo.pictures.examples.decision_surface.convergence import draw_convergence
    from gradevo.pictures.examples.decision_surface.outcome import summary

    for outcome in (outcomes := draw_convergence(runs, data, table, folder, threshold)):
        print(f"seed {outcome.seed}: {outcome.words}, loss {outcome.loss:.4f} after {outcome.epochs} epochs")
    print(summary(outcomes))


class Kind(StrEnum):
    """A picture of a small network."""

    flow = "flow"
    fit = "fit"
    descent = "descent"


@app.command()
def view(
    kind: Annotated[
        Kind, typer.Argument(help="flow: classes in a plane; fit: a curve; descent: one weight.")
    ],
    run: Annotated[Path, typer.Argument(help="Run file.")],
    data: Annotated[Path, typer.Option(help="Its prepared dataset (gradevo fetch).")],
    gif: Annotated[Path, typer.Option(help="GIF to write.")],
    mp4: Annotated[Path, typer.Option(help="MP4 to write.")],
) -> None:
    """Draw a small network neuron by neuron while it learns."""
    from importlib import import_module

    draw = getattr(import_module(f"gradevo.pictures.examples.{kind}"), f"draw_{kind}")
    draw(run, data, gif, mp4)


@app.command()
def descents(
    runs: Annotated[list[Path], typer.Argument(help="Run files of one weight, one a learning rate.")],
    data: Annotated[Path, typer.Option(help="Their prepared dataset (gradevo fetch).")],
    folder: Annotated[Path, typer.Option(help="Folder for the PNG and PDF files.")],
) -> None:
    """Draw descents of several learning rates side by side, with the edge of stability."""
    from gradevo.pictures.examples.descent.descents import draw_descents

    for path in draw_descents(runs, data, folder):
        print(path)


@app.command()
def graph(
    statistics: Annotated[Path, typer.Argument(help="statistics.h5 of one seed.")],
    json: Annotated[Path, typer.Option(help="graph.json to write.")],
    folder: Annotated[Path, typer.Option(help="Folder for graph.png and graph.pdf.")],
    gif: Annotated[Path, typer.Option(help="GIF to write.")],
    mp4: Annotated[Path, typer.Option(help="MP4 to write.")],
    threshold: Annotated[
        float, typer.Option(min=0, help="Connections with a gradient norm at or below this are red.")
    ] = EDGES.threshold,
    relative: Annotated[
        bool, typer.Option(help="The threshold is so many times the median of the connections.")
    ] = EDGES.relative,
    exploding: Exploding = LIMITS.exploding,
    growth: Growth = LIMITS.growth,
    dead: Dead = LIMITS.dead,
    vanishing: Vanishing = LIMITS.vanishing,
    oscillating: Oscillating = LIMITS.oscillating,
) -> None:
    """Draw the layers with the gradients that flow back through them; print what their health is."""
    from gradevo.cli.graph import draw_graph

    limits = Thresholds(
        exploding=exploding, growth=growth, dead=dead, vanishing=vanishing, oscillating=oscillating
    )
    for line in draw_graph(statistics, json, folder, gif, mp4, threshold, relative, limits):
        print(line)


@app.command()
def through_time(
    statistics: Annotated[list[Path], typer.Argument(help="statistics.h5, one a seed.")],
    folder: Annotated[Path, typer.Option(help="Folder for the PNG and PDF files.")],
) -> None:
    """Draw how gradients vanish through the time steps of recurrent layers."""
    from gradevo.pictures.figures import draw_all
    from gradevo.pictures.figures.through_time import STEM, draw

    for path in draw_all(statistics, folder, {STEM: draw}):
        print(path)


@app.command()
def compare(
    statistics: Annotated[list[Path], typer.Argument(help="statistics.h5 of all experiments and seeds.")],
    folder: Annotated[Path, typer.Option(help="Folder for the figure and the tables.")],
) -> None:
    """Compare experiments: how their gradients evolve, as a figure, CSV and LaTeX."""
    from gradevo.comparison import compare as compare_experiments
    from gradevo.pictures.figures import evolution
    from gradevo.pictures.style.save import save
    from gradevo.statistics import open_ensembles

    for path in compare_experiments(statistics, folder):
        print(path)
    with open_ensembles(statistics) as ensembles:
        save(evolution.draw(ensembles), folder, evolution.STEM)


@app.command()
def claims(
    statistics: Annotated[list[Path], typer.Argument(help="statistics.h5 of all experiments and seeds.")],
    table: Annotated[Path, typer.Option(help="claims.csv to write.")],
    latex: Annotated[Path, typer.Option(help="claims.tex to write, an overview.")],
) -> None:
    """Hold sentences of the article and the literature against the runs: are they supported?"""
    from gradevo.claims import write_claims
    from gradevo.claims.write import summary

    print(summary(write_claims(statistics, table, latex)))


@app.command()
def report(
    files: Annotated[
        list[Path], typer.Argument(help="Artifacts of one results folder, told apart by their names.")
    ],
    folder: Annotated[Path, typer.Option(help="Folder for the pages; an earlier report in it is replaced.")],
    sources: Annotated[
        Path | None, typer.Option(help="Where each dataset comes from, for licences and citations.")
    ] = None,
) -> None:
    """Make pages of statistics, pictures, tables and provenance that open offline."""
    from gradevo.numbers import in_bytes
    from gradevo.report import write_report
    from gradevo.report.replaced import size_of

    index = write_report(files, folder, sources)
    number, size = size_of(folder)
    print(f"{index}: {number} files, {in_bytes(size)}")
