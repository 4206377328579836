"""Recording against the article's eager loop and against ``model.fit``, each in a process of its own.

What TensorFlow loads with stays for good, so ``python -m analysis.benchmarks.training NAME EXPERIMENT DATASET
FOLDER THREADS`` trains the experiment (JSON) on a prepared dataset and leaves what it writes in FOLDER.
THREADS is 0 for TensorFlow's own choice. It prints three numbers: the seconds that training took, with
tracing, compiling and writing, without imports, loading data and building the model; the part of them after
the first epoch; and the most memory that the process ever held, in MB.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradevo.cli.train import prepare
from gradevo.config.experiment import Experiment
from gradevo.config.load import parse_experiment
from gradevo.datasets import prepared
from gradevo.tensorflow_log import silenced

from . import cases
from .cases import Case
from .timing import OURS, Row, Taken, interleave, peak_megabytes, rows

if TYPE_CHECKING:
    import keras

# How often the article's time contains ours, at least.
ARTICLE = {"iris": 20, "boston": 20, "forda": 3, "mnist": 2, "cifar10": 2.5, "cifar100": 2}
# Never slower than 1.05 times model.fit's time.
FIT = 1 / 1.05

# Recording the gradients of activations takes at most a tenth more.
ACTIVATIONS = 1 / 1.1

Ended = Callable[[], None]
"""Called after every epoch."""


class Task(NamedTuple):
    """A compiled model and the arrays it is trained and validated on."""

    model: "keras.Model"
    x: NDArray[Any]
    y: NDArray[Any]
    validation: tuple[NDArray[Any], NDArray[Any]]
    experiment: Experiment
    seed: int


def gradevo(task: Task, folder: Path, ended: Ended) -> None:
    """This project: every batch's gradient in a run file."""
    from gradevo.recording.keras.record import record

    record(
        task.model,
        task.x,
        task.y,
        folder / "run.h5",
        epochs=task.experiment.epochs,
        batch_size=task.experiment.batch_size,
        validation_data=task.validation,
        seed=task.seed,
        activation_gradients=task.experiment.activation_gradients,
        experiment=task.experiment.model_dump(mode="json"),
        on_epoch=lambda epoch: ended(),
    )


def article(task: Task, folder: Path, ended: Ended) -> None:
    """The article's protocol: eager steps, gradients kept as NumPy arrays and pickled in the end."""
    import keras
    import tensorflow as tf

    model, variables = task.model, task.model.trainable_variables
    loss_class = getattr(keras.losses, task.experiment.loss.name.title().replace("_", ""))
    batches = tf.data.Dataset.from_tensor_slices((task.x, task.y)).batch(task.experiment.batch_size)
    individual: list[list[NDArray[Any]]] = []
    sums: list[list[NDArray[Any]]] = []
    metrics = []
    for _ in range(task.experiment.epochs):
        epoch_sum = [np.zeros(variable.shape, np.float32) for variable in variables]
        for x, y in batches:
            with tf.GradientTape() as tape:
                loss = loss_class()(y, model(x, training=True))
            gradient = tape.gradient(loss, variables)
            model.optimizer.apply_gradients(zip(gradient, variables, strict=True))
            arrays = [part.numpy() for part in gradient]
            individual.append(arrays)
            for total, part in zip(epoch_sum, arrays, strict=True):
                total += part
        sums.append(epoch_sum)
        metrics.append(model.evaluate(batches, verbose=0))
        ended()
    for name, content in (("individual", individual), ("sums", sums), ("metrics", metrics)):
        with (folder / f"{name}.pickle").open("wb") as file:
            pickle.dump(content, file)


def fit(task: Task, folder: Path, ended: Ended) -> None:
    """Keras' own training, which records nothing."""
    import keras

    task.model.fit(
        task.x,
        task.y,
        batch_size=task.experiment.batch_size,
        epochs=task.experiment.epochs,
        shuffle=False,
        validation_data=task.validation,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended())],
    )


def fit_and_evaluate(task: Task, folder: Path, ended: Ended) -> None:
    """The same, with the metrics over the whole training set after every epoch, which the protocol asks."""

    def evaluate() -> None:
        task.model.evaluate(task.x, task.y, batch_size=task.experiment.batch_size, verbose=0)
        ended()

    fit(task, folder, evaluate)


# Label -> the contender, and whether it has our switches: oneDNN on, and the experiment's number of
# threads. Its author ran the article with TensorFlow's own.
CONTENDERS = {
    OURS: (gradevo, True),
    "article": (article, False),
    "article, our switches": (article, True),
    "fit": (fit, True),
    "fit, then evaluate": (fit_and_evaluate, True),
}


def measure(name: str, rounds: int, quick: bool) -> list[Row]:
    """Train the experiment with every contender."""
    with tempfile.TemporaryDirectory() as folder:
        case = cases.measured(name, quick, Path(folder))
        contenders = {label: partial(train, case, label) for label in CONTENDERS}
        taken = interleave(contenders, rounds, f"training {name}")
        steps = (case.experiment.epochs - 1) * case.steps_per_epoch
    return rows(f"training {name}", taken, {"article": ARTICLE[name], "fit": FIT}, steps)


def measure_activations(name: str, rounds: int, quick: bool) -> list[Row]:
    """Record the experiment with the norms of what flows back between its layers, and without."""
    with tempfile.TemporaryDirectory() as folder:
        without = cases.measured(name, quick, Path(folder))
        asked = without.experiment.model_copy(update={"activation_gradients": True})
        contenders = {
            OURS: partial(train, without._replace(experiment=asked)),
            "without": partial(train, without),
        }
        taken = interleave(contenders, rounds, f"activations {name}")
        steps = (asked.epochs - 1) * without.steps_per_epoch
    return rows(f"activations {name}", taken, {"without": ACTIVATIONS}, steps)


def train(case: Case, contender: str = OURS, folder: Path | None = None) -> Taken:
    """Train in a new process that leaves its files in ``folder``, if they are wanted."""
    _, switches = CONTENDERS[contender]
    threads = case.experiment.threads if switches else 0
    with tempfile.TemporaryDirectory() as dropped:
        finished = subprocess.run(
            [
                *(sys.executable, "-m", "analysis.benchmarks.training", contender),
                *(case.experiment.model_dump_json(), case.data, folder or dropped, str(threads)),
            ],
            env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "1" if switches else "0"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    return Taken(*map(float, finished.stdout.split()))


def main() -> None:
    contender, description, data, folder, threads = sys.argv[1:]
    with silenced():
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    experiment = parse_experiment(description)
    seed = experiment.seeds[0]
    model, (x, y), validation = prepare(experiment, prepared.load(Path(data)), seed)
    assert validation is not None
    task = Task(model, x, y, validation, experiment, seed)
    ends: list[float] = []
    began = time.perf_counter()
    CONTENDERS[contender][0](task, Path(folder), lambda: ends.append(time.perf_counter()))
    done = time.perf_counter()
    print(done - began, done - ends[0], peak_megabytes())


if __name__ == "__main__":
    main()
