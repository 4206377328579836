"""The formats of sources.yaml: from the files of one part to features and targets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gradevo.datasets import cifar
from gradevo.datasets.entries import Format
from gradevo.datasets.idx import images_and_labels
from gradevo.datasets.members import Content
from gradevo.datasets.parsed import Parsed
from gradevo.datasets.tables import series, table

Files = Sequence[Content]


def csv(files: Files) -> Parsed:
    """Numbers between commas, the target last, no header."""
    (file,) = files
    return table(file, delimiter=",", header=False)


def scikit_learn_csv(files: Files) -> Parsed:
    """`csv` below one line of counts and class names, as scikit-learn keeps its small datasets."""
    (file,) = files
    return csv([replace(file, data=file.data.partition(b"\n")[2])])


def ucr_tsv(files: Files) -> Parsed:
    """One series a line, its label first, as in the UCR archive."""
    (file,) = files
    return series(file)


def idx(files: Files) -> Parsed:
    """Images and labels, each in an IDX file."""
    images, labels = files
    return images_and_labels(images, labels)


def cifar_10(files: Files) -> Parsed:
    """Any number of batches."""
    return cifar.batches(files, labels="labels")


def cifar_100(files: Files) -> Parsed:
    """Any number of batches; of the two kinds of labels, the 100 fine ones."""
    return cifar.batches(files, labels="fine_labels")


FORMATS: Mapping[Format, Callable[[Files], Parsed]] = {
    "csv": csv,
    "scikit-learn-csv": scikit_learn_csv,
    "ucr-tsv": ucr_tsv,
    "idx": idx,
    "cifar-10": cifar_10,
    "cifar-100": cifar_100,
}
