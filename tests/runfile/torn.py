"""Writes that are cut: what a record is when its process starts again.

    python tests/runfile/torn.py 0.1        a tenth of all trials, and what came of them

A library loaded before C's (``torn.c``) ends the process before, in the middle of or after its Nth write, as
a kill or a power cut does, or has the write fail. The next process goes on, or is cut as well. It is right
that in the end the record holds what an undisturbed one holds, and no epoch that was complete is made again;
or, where a write was torn in the middle and HDF5 cannot read the file any more, that a line says so at once
and the file is kept.
"""

import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gradevo import GradevoError
from gradevo.runfile.resume import resume
from gradevo.runfile.schema import Plan

SECONDS = 30
EPOCHS = 5
ENDED = 70
RIGHT = ("went on", "beyond reading, said")
HOWS = ("before", "middle", "after", "error", "errors")

PLAN = Plan(
    {"dense/kernel": (30, 20), "dense/bias": (20,)},
    EPOCHS,
    4,
    {"train": ["loss"]},
    state=[((30, 20), "float32")],
    attributes={"experiment": '{"name": "x"}', "data": "{}", "seed": 13, "data_label": ""},
)


def record(path: Path, complete: Path) -> int:
    """Record, or go on, to the end; returns after how many epochs. ``complete`` is told of every end."""
    writer, resumed = resume(path, PLAN)
    first = resumed.epochs + 1 if resumed else 1
    with writer:
        if resumed is None:
            writer.write_initial_weights(weights(0))
        for epoch in range(first, EPOCHS + 1):
            gradients = np.random.default_rng(epoch).normal(size=(4, 620)).astype("f4")
            values = {"steps/loss": np.full(4, 1 / epoch)}
            if epoch >= 2:  # what comes later makes the file anew
                values["steps/rate"] = np.full(4, 0.1)
            writer.write_steps(gradients, values)
            metrics = {"train": {"loss": 1 / epoch}} | ({"validation": {"loss": 2.0}} if epoch >= 4 else {})
            writer.complete_epoch(weights(epoch), metrics, weights(epoch)[:1])
            complete.write_text(f"{epoch}")
        writer.finish()
    return first - 1


def weights(epoch: int) -> list[np.ndarray[Any, Any]]:
    return [np.full(shape, epoch, "f4") for shape in PLAN.tensors.values()]


def content(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: np.asarray(item[()]).tobytes()})
                if isinstance(item, h5py.Dataset) and "tensors" not in name
                else None
            )
        )
    return found


def start(folder: Path, at: int, how: str) -> str:
    """Record in a process of its own, whose write number ``at`` is cut; 0: none. How it ends, in a word."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            log = os.open(folder / "log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            os.dup2(log, 2)
            logging.basicConfig(stream=os.fdopen(2, "w", closefd=False), level=logging.WARNING, force=True)
            os.environ |= {"TORN_FOLDER": str(folder), "TORN_AT": str(at), "TORN_HOW": how}
            (folder / "resumed").write_text(f"{record(folder / 'run.h5', folder / 'complete')}")
            code = 0
        except GradevoError as error:
            print(error, file=sys.stderr)
            code = 2
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if os.WIFSIGNALED(status):
                return "crash"
            return {0: "done", 2: "refused", ENDED: "cut"}.get(os.WEXITSTATUS(status), "traceback")
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hang"


def trial(folder: Path, cuts: list[tuple[int, str]], expected: dict[str, bytes]) -> str:
    """What came of a record that was cut so often: a word."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lost = False
    for at, how in [*cuts, (0, "")]:
        complete = int((folder / "complete").read_text()) if (folder / "complete").exists() else 0
        (folder / "log.txt").write_text("")
        (folder / "resumed").unlink(missing_ok=True)
        finished = (folder / "run.h5").exists()
        ended = "done" if finished else start(folder, at, how)
        said = (folder / "log.txt").read_text()
        if ended not in {"done", "cut", "refused"} or (ended == "refused" and not how.startswith("error")):
            return f"{ended}: {said.strip()[-300:]}"
        if "starting anew" in said:
            lost = True
            if not list(folder.glob("run.abandoned*.h5")):
                return "lost"
            (folder / "complete").unlink(missing_ok=True)
        elif (folder / "resumed").exists() and int((folder / "resumed").read_text()) < complete:
            return "an epoch that was complete was made again, without a word"
    if content(folder / "run.h5") != expected:
        return "another content"
    if lost:
        return "beyond reading, said" if any(how == "middle" for _, how in cuts) else "beyond reading"
    return "went on"


def load(folder: Path) -> None:
    """Start this program again with the library that cuts writes, compiled into a folder."""
    library = folder / "torn.so"
    source = Path(__file__).with_suffix(".c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    os.environ["LD_PRELOAD"] = str(library)


def writes(folder: Path) -> int:
    """How many writes a record takes."""
    count = folder / "count"
    once = folder / "once"
    once.mkdir()
    environment = os.environ | {"TORN_COUNT": str(count), "TORN_FOLDER": str(once)}
    subprocess.run([sys.executable, __file__, "--record", once], env=environment, check=True)
    return int(count.read_text())


def main(share: float) -> None:
    """share: of all trials, those to make."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "LD_PRELOAD" not in os.environ:
            load(folder)
            sys.exit(subprocess.run([sys.executable, *sys.argv], env=os.environ).returncode)
        count = writes(folder)
        expected = content(folder / "once/run.h5")
        print(f"{count} writes", flush=True)
        draw = random.Random(13)
        wrong = 0
        for times in (1, 2, 3):
            for how in HOWS:
                found: Counter[str] = Counter()
                for at in range(1, count + 1):
                    if draw.random() < share:
                        cuts = [(at, how)]
                        cuts += [(draw.randint(1, count), draw.choice(HOWS)) for _ in range(times - 1)]
                        came = trial(folder / "work", cuts, expected)
                        found[came] += 1
                        if came not in RIGHT:
                            print(cuts, came, flush=True)
                print(f"{times} times, first {how}:", dict(found), flush=True)
                wrong += sum(found.values()) - sum(found[came] for came in RIGHT)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        record(Path(sys.argv[2]) / "run.h5", Path(sys.argv[2]) / "complete")
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
