"""Recompute what the documents quote of the default run and runs beside it; say which numbers differ."""

import argparse
import sys
from pathlib import Path

from gradevo.errors import GradevoError

from . import article, claims, companions, comparison, health, similarity
from .quote import Quote, Stated, quoted
from .records import Records

QUOTES: tuple[Quote, ...] = (
    *claims.QUOTES,
    *comparison.QUOTES,
    *companions.QUOTES,
    *health.QUOTES,
    *similarity.QUOTES,
)
STATED: tuple[Stated, ...] = (
    *claims.STATED,
    *comparison.STATED,
    *companions.STATED,
    *article.STATED,
    *similarity.STATED,
)


def compare(quote: Quote, records: Records) -> list[str]:
    """A line for every number of a quote that is another one in the records."""
    numbers, values = quoted(quote), [float(value) for value in quote.compute(records)]
    if len(numbers) != len(values):
        return [f"docs/{quote.document}: {quote.text}: quotes {len(numbers)} numbers, computed {len(values)}"]
    return [
        f"docs/{quote.document}: {quote.text}: number {place} is {number.text}, computed {value:.4g}"
        for place, (number, value) in enumerate(zip(numbers, values, strict=True), 1)
        if not number.agrees(value)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Print what differs; 1 if that is a number that is the same on all machines."""
    parser = argparse.ArgumentParser(prog="python -m analysis.docs_numbers", description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=Path("results/default"))
    folder = parser.parse_args(arguments).results
    wrong: list[str] = []
    elsewhere: list[str] = []
    count = 0
    missing: list[str] = []
    try:
        with Records(folder) as records:
            for line, travels in claims.differing_verdicts(records):
                (wrong if travels else elsewhere).append(line)
        for run in dict.fromkeys(quote.run for quote in QUOTES):
            results = folder if run == "default" else folder.parent / run
            if run != "default" and not results.is_dir():
                missing.append(run)
                continue
            with Records(results) as records:
                for quote in (quote for quote in QUOTES if quote.run == run):
                    count += len(quoted(quote))
                    (wrong if quote.travels else elsewhere).extend(compare(quote, records))
    except (GradevoError, LookupError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    for line in wrong:
        print(line)
    for line in elsewhere:
        print(f"{line} (depends on the machine)")
    print(
        f"{count} numbers and the table of verdicts: {len(wrong)} differ, "
        f"{len(elsewhere)} more as they may on another machine"
    )
    for run in missing:
        documents = ", ".join(dict.fromkeys(quote.document for quote in QUOTES if quote.run == run))
        print(f"not compared in {documents}: what is quoted of {folder.parent / run}, which is not there")
    reasons = dict.fromkeys((one.why, one.document) for one in STATED)
    for why in dict.fromkeys(why for why, _ in reasons):
        documents = ", ".join(document for of, document in reasons if of == why)
        print(f"not recomputed in {documents}: {why}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
