"""Damaged files: what every command makes of them, each time in a process of its own.

    python tests/runfile/damage.py 1000        so many trials of every case, and what came of them

A trial damages a copy of a healthy file, forks, and has a command read the copy. It is right that the
command refuses the file in a line, or does what it does with the healthy one, because it did not need what is
damaged.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np

import gradevo
from gradevo.cli import main as command_line
from gradevo.layers import Edge, Layer, LayerGraph

SECONDS = 60
RIGHT = {"refused", "unaffected"}

Damage = Callable[[bytearray, random.Random], None]


def flipped(content: bytearray, draw: random.Random) -> None:
    """One to four bytes anywhere are others."""
    for _ in range(draw.randint(1, 4)):
        content[draw.randrange(len(content))] ^= draw.randint(1, 255)


def zeroed(content: bytearray, draw: random.Random) -> None:
    """A block of a disk was never written."""
    start = draw.randrange(0, len(content), 512)
    content[start : start + 512] = bytes(min(512, len(content) - start))


def cut(content: bytearray, draw: random.Random) -> None:
    """The file ends too early."""
    del content[draw.randrange(len(content)) :]


DAMAGES: dict[str, Damage] = {one.__name__: one for one in (flipped, zeroed, cut)}

COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "run: statistics": ("run.h5", ("statistics", "{file}", "--output", "{out}/statistics.h5")),
    "run: doctor": ("run.h5", ("doctor", "{file}")),
    "run: info": ("run.h5", ("info", "{file}")),
    "partial: statistics": ("run.partial.h5", ("statistics", "{file}", "--output", "{out}/statistics.h5")),
    "statistics: doctor": ("statistics.h5", ("doctor", "{file}")),
    "statistics: compare": ("statistics.h5", ("compare", "{file}", "--folder", "{out}")),
    "statistics: claims": (
        "statistics.h5",
        ("claims", "{file}", "--table", "{out}/claims.csv", "--latex", "{out}/claims.tex"),
    ),
    "statistics: export": ("statistics.h5", ("export", "{file}", "--parquet", "{out}/table.parquet")),
    "statistics: figures": ("statistics.h5", ("draw", "figures", "{file}", "--folder", "{out}")),
    "statistics: graph": ("statistics.h5", ("draw", "graph", "{file}", "--folder", "{out}")),
    "statistics: report": ("statistics.h5", ("report", "{file}", "--folder", "{out}/report")),
}
"""Case -> the file that is damaged, and the arguments of the command."""


def healthy(folder: Path) -> None:
    """A run file, its statistics, and the same run as a killed process leaves it."""
    draw = np.random.default_rng(13)
    hidden = {"kernel": np.zeros((20, 30), "f4"), "bias": np.zeros(30, "f4")}
    weights = {"hidden": hidden, "out": np.zeros((30, 3), "f4")}
    layers = (Layer("hidden", "Dense", ("hidden/kernel", "hidden/bias")), Layer("out", "Dense", ("out",)))
    for name in ("run.h5", "left.h5"):
        recorder = gradevo.Recorder(
            folder / name,
            weights,
            graph=LayerGraph(layers, (Edge("hidden", "out"),)),
            experiment={"name": "toy", "title": "Toy"},
            seed=13,
        )
        for epoch in range(1, 6):
            for _ in range(40):
                gradients = {
                    "hidden": {part: draw.normal(size=of.shape) for part, of in hidden.items()},
                    "out": draw.normal(size=(30, 3)),
                }
                recorder.step(gradients, loss=1 / epoch, batch_size=8)
            recorder.end_epoch(weights, train={"loss": 1 / epoch}, validation={"loss": 1.1 / epoch})
        if name == "run.h5":
            recorder.close()
        else:  # not closed, as by a killed process
            shutil.copyfile(folder / "left.partial.h5", folder / "run.partial.h5")
            recorder.abandon()
    gradevo.analyse(folder / "run.h5", folder / "statistics.h5")


def call(arguments: tuple[str, ...], file: Path, out: Path) -> tuple[str, str]:
    """How a command ends, in a process of its own: a word, and what it gave: printed, and its files."""
    out.mkdir()
    printed = out.with_suffix(".txt")
    child = os.fork()
    if child == 0:
        log = os.open(printed, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout, sys.stderr = (os.fdopen(one, "w", closefd=False) for one in (1, 2))
        code = 1
        try:
            sys.argv = ["gradevo", *(one.format(file=file, out=out) for one in arguments)]
            command_line()
        except SystemExit as exit:
            code = int(exit.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    status = _waited(child)
    text = printed.read_text(errors="replace").replace(str(file.parent), "").replace(str(out), "")
    if status is None:
        return "hang", text
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}", text
    if "Traceback" in text:
        return "traceback", text
    if os.WEXITSTATUS(status):
        return "refused", text
    digest = sha256(text.encode())
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        digest.update(path.relative_to(out).as_posix().encode() + path.read_bytes())
    return "done", digest.hexdigest()


def _waited(child: int) -> int | None:
    """A child's status when it has ended; None where it had to be killed."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def trials(case: str, damage: str, count: int, folder: Path, first: int = 0) -> dict[str, list[str]]:
    """What came of so many trials: a word -> what was printed each time."""
    name, arguments = COMMANDS[case]
    source = (folder / name).read_bytes()
    work = folder / "work"
    found: dict[str, list[str]] = {}
    expected = None
    for nth in range(first - 1, first + count):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        content = bytearray(source)
        if nth >= first:
            DAMAGES[damage](content, random.Random(f"{case} {damage} {nth}"))
        (work / name).write_bytes(content)
        outcome, result = call(arguments, work / name, work / "out")
        if nth < first:
            assert outcome == "done", result
            expected = result
            continue
        if outcome == "done":
            outcome = "unaffected" if result == expected else "another result"
        found.setdefault(outcome, []).append(result)
    return found


def main(count: int, cases: list[str]) -> None:
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        healthy(folder)
        for case in cases or COMMANDS:
            for damage in DAMAGES:
                found = trials(case, damage, count, folder)
                counts = Counter({outcome: len(of) for outcome, of in found.items()})
                wrong += sum(number for outcome, number in counts.items() if outcome not in RIGHT)
                print(
                    f"{case}, {damage}:", ", ".join(f"{n} {of}" for of, n in counts.most_common()), flush=True
                )
                for outcome in found.keys() - RIGHT:
                    print("   ", outcome, found[outcome][0].strip()[-400:])
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
