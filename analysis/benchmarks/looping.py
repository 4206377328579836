"""A loop in PyTorch with the recorder that writes every gradient, against the same loop without.

Both train in one process, by turns. ``python -m analysis.benchmarks.looping NAME ROUNDS EPOCHS`` is a process
of its own; it prints a line of JSON: contender -> (seconds, seconds after the first epoch) of every round.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from .timing import OURS, Row, Taken, interleave, rows

# With the recorder, at most 1.10 times the time of the bare loop.
LOOP = 1 / 1.10


class Case(NamedTuple):
    """A training whose data are random numbers: no speed depends on what they show."""

    batch_size: int
    batches: int
    epochs: int


CASES = {"mnist": Case(256, 18, 8), "transformer": Case(16, 40, 6)}

# Of the transformer, which foretells the next of so many letters.
LETTERS, LENGTH, WIDTH = 256, 64, 64


def measure(name: str, rounds: int, quick: bool) -> list[Row]:
    """Train the case's network in the same loop, recorded and not."""
    case = CASES[name]
    epochs = 2 if quick else case.epochs
    finished = subprocess.run(
        [sys.executable, "-m", "analysis.benchmarks.looping", name, str(rounds), str(epochs)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env=dict(os.environ),
    )
    taken = {
        contender: [Taken(*seconds) for seconds in of]
        for contender, of in json.loads(finished.stdout.splitlines()[-1]).items()
    }
    return rows(f"torch {name}", taken, {"loop": LOOP}, (epochs - 1) * case.batches)


def _network(name: str) -> Any:
    """The article's network for MNIST, or a transformer of two layers."""
    import torch
    from torch import nn

    torch.manual_seed(13)
    if name == "mnist":
        return nn.Sequential(
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)),
        )
    block = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, batch_first=True)
    encoder = nn.TransformerEncoder(block, 2, enable_nested_tensor=False)
    return nn.Sequential(nn.Embedding(LETTERS, WIDTH), encoder, nn.Linear(WIDTH, LETTERS))


def _batches(name: str, case: Case) -> list[tuple[Any, Any]]:
    import torch

    random = torch.Generator().manual_seed(0)

    def batch() -> tuple[Any, Any]:
        if name == "mnist":
            images = torch.rand(case.batch_size, 1, 28, 28, generator=random)
            return images, torch.randint(10, (case.batch_size,), generator=random)
        letters = torch.randint(LETTERS, (case.batch_size, LENGTH + 1), generator=random)
        return letters[:, :-1], letters[:, 1:]

    return [batch() for _ in range(case.batches)]


def main() -> None:
    name, rounds, epochs = sys.argv[1], *map(int, sys.argv[2:])
    import torch

    import gradevo

    torch.set_num_threads(2)
    case = CASES[name]
    batches = _batches(name, case)

    def train(recorded: Callable[[Any, Any, Path], Any]) -> Taken:
        model = _network(name)
        optimizer = torch.optim.Adam(model.parameters())
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            first = began
            with recorded(model, optimizer, Path(folder)) as recorder:
                for epoch in range(epochs):
                    for x, y in batches:
                        optimizer.zero_grad()
                        logits = model(x)
                        loss = torch.nn.functional.cross_entropy(logits.flatten(0, -2), y.flatten())
                        loss.backward()
                        if recorder is not None:
                            recorder.tell(loss=loss, batch_size=len(x))
                        optimizer.step()
                    if recorder is not None:
                        recorder.end_epoch(train={"loss": loss})
                    if not epoch:
                        first = time.perf_counter()
            done = time.perf_counter()
        return Taken(done - began, done - first)

    def with_recorder(model: Any, optimizer: Any, folder: Path, **options: Any) -> Any:
        return gradevo.torch.Recorder(model, optimizer, folder / "run.h5", **options)

    contenders = {
        OURS: partial(train, with_recorder),
        "gradevo, updates": partial(train, partial(with_recorder, updates=True)),
        "loop": partial(train, lambda *_: nullcontext()),
    }
    contenders["loop"]()  # what a process does once is nobody's
    taken = interleave(contenders, rounds, f"torch {name}")
    print(json.dumps({label: [one[:2] for one in of] for label, of in taken.items()}))


if __name__ == "__main__":
    main()
