"""Ways to train, one of them in a process of its own: what TensorFlow loads with stays for good.

``python -m analysis.benchmarks.contenders NAME EXPERIMENT DATASET FOLDER THREADS`` trains the experiment
(JSON) on a prepared dataset and leaves what it writes in FOLDER. THREADS is 0 for TensorFlow's own choice.
It prints three numbers: the seconds that training took, with tracing, compiling and writing, without
imports, loading data and building the model; the part of them after the first epoch; and the most
memory that the process ever held, in MB.
"""

import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradevo.cli.train import task as prepare
from gradevo.config.experiment import Experiment
from gradevo.config.load import parse_experiment
from gradevo.datasets import prepared
from gradevo.tensorflow_log import silenced

from .rounds import peak_megabytes

with silenced():
    import keras
    import tensorflow as tf

Array = np.ndarray[Any, Any]
Ended = Callable[[], None]  # called after every epoch


class Task(NamedTuple):
    """A compiled model and the arrays it is trained and validated on."""

    model: keras.Model
    x: Array
    y: Array
    validation: tuple[Array, Array]
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
    model, variables = task.model, task.model.trainable_variables
    loss_class = getattr(keras.losses, task.experiment.loss.title().replace("_", ""))
    batches = tf.data.Dataset.from_tensor_slices((task.x, task.y)).batch(task.experiment.batch_size)
    individual: list[list[Array]] = []
    sums: list[list[Array]] = []
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


CONTENDERS = {"gradevo": gradevo, "article": article, "fit": fit, "fit-and-evaluate": fit_and_evaluate}


def main() -> None:
    name, description, data, folder, threads = sys.argv[1:]
    experiment = parse_experiment(description)
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    seed = experiment.seeds[0]
    model, (x, y), validation = prepare(experiment, prepared.load(Path(data)), seed)
    assert validation is not None
    task = Task(model, x, y, validation, experiment, seed)
    ends: list[float] = []
    began = time.perf_counter()
    CONTENDERS[name](task, Path(folder), lambda: ends.append(time.perf_counter()))
    done = time.perf_counter()
    print(done - began, done - ends[0], peak_megabytes())


if __name__ == "__main__":
    main()
