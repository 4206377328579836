"""A folder of images, a subfolder for each class, read by Keras' own loader.

Keras, and with it TensorFlow, is imported only when there is such a folder.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gradevo.datasets.members import Parsed
from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Features, Part
from gradevo.tensorflow_log import silenced

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")  # what Keras reads
GREY = {"1", "L", "LA", "I;16"}
BATCH = 256


def image_files(folder: Path) -> list[Path]:
    """Return all images below `folder`, sorted, but for hidden ones."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.is_dir() and not _is_hidden(path, folder)
    )


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(name.startswith(".") for name in path.relative_to(folder).parts)


@dataclass(frozen=True)
class _Seen:
    """What the images' headers say: sizes (width, height), a file of each, modes, what is lost of which."""

    sizes: Mapping[tuple[int, int], Path]
    modes: Collection[str]
    transparent: Sequence[Path]
    deep: Sequence[Path]


def read_images(
    folder: Path, features: Features | None, origin: Origin
) -> tuple[dict[Part, Parsed], tuple[str, ...]]:
    """Read folder/<class>/<image>, or folder/train/<class>/<image> and folder/test/<class>/<image>.

    features: height, width and channels (1: grey, 3: colours) to bring the images to; None where all are of
    one size, which is then kept. They are grey if all files are.

    Returns (n, height, width, channels) uint8 and the classes' names (n,) of the part `all`, or of `train`
    and `test`; and notes on what of the images is not kept.
    Raises GradevoError, naming the file, for an image that cannot be read, lies elsewhere, or is
    hidden in a class.
    """
    files = image_files(folder)
    inside = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
    parts: dict[Part, Path] = {"all": folder}
    if inside == {"train", "test"}:
        parts = {"train": folder / "train", "test": folder / "test"}
    _check_places(folder, files, list(parts.values()), origin)
    seen = _look_at(files, origin)
    shape = _shape(seen, origin) if features is None else features.shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise origin.fault("features of shape [height, width, 1 or 3] for images", list(shape))
    lost = (
        (seen.transparent, "transparency, which is dropped"),
        (seen.deep, "16 bits a channel, of which the upper 8 are kept"),
    )
    notes = tuple(
        f"{len(those)} of {len(files)} images have {what}, as {those[0].relative_to(folder).as_posix()} does"
        for those, what in lost
        if those
    )
    return {part: _read(path, shape, origin) for part, path in parts.items()}, notes


def _check_places(folder: Path, files: Sequence[Path], parts: Sequence[Path], origin: Origin) -> None:
    """Keras would skip an image beside its class, and take one further down for one of its class."""
    for path in files:
        if path.parent.parent not in parts:
            expected = "images in a folder for each class, as in `class/1.png` or `train/class/1.png`"
            raise origin.fault(expected, path.relative_to(folder).as_posix())
    filled = {path.parent for path in files}
    for part in parts:
        classes = [path for path in part.iterdir() if path.is_dir() and not path.name.startswith(".")]
        empty = sorted(path.relative_to(folder).as_posix() for path in classes if path not in filled)
        if empty or not classes:
            expected = f"images ({', '.join(SUFFIXES)}) in a folder for each class"
            raise origin.fault(expected, f"none in {', '.join(empty) or part.name}")


def _look_at(files: Sequence[Path], origin: Origin) -> _Seen:
    sizes: dict[tuple[int, int], Path] = {}
    modes, transparent, deep = set(), [], []
    for path in files:
        try:
            with Image.open(path) as image:
                sizes.setdefault(image.size, path)
                modes.add(image.mode)
                if image.has_transparency_data:
                    transparent.append(path)
                # Of colours with 16 bits only the way in which they are packed tells: their mode is RGB.
                if "16" in f"{image.mode} {[tile[3] for tile in image.tile]}":
                    deep.append(path)
        except Exception as error:  # Pillow has a way to fail for every format
            raise _unreadable(path, origin) from error
    return _Seen(sizes, modes, transparent, deep)


def _shape(seen: _Seen, origin: Origin) -> tuple[int, int, int]:
    """Return the height, width and channels that all images have."""
    sizes = seen.sizes
    if len(sizes) > 1:
        expected = "images of one size, or `features: {shape: [height, width, channels]}` to bring them to it"
        found = [f"{width}×{height} ({path.name})" for (width, height), path in sizes.items()]
        raise origin.fault(expected, " and ".join(found[:2]))
    ((width, height),) = sizes
    return height, width, 1 if set(seen.modes) <= GREY else 3


def _read(folder: Path, shape: tuple[int, ...], origin: Origin) -> Parsed:
    with silenced():
        import keras

    height, width, channels = shape
    loader = keras.utils.image_dataset_from_directory(
        folder,
        label_mode="int",
        color_mode="grayscale" if channels == 1 else "rgb",
        batch_size=BATCH,
        image_size=(height, width),
        shuffle=False,
        verbose=False,
    )
    for path in map(Path, loader.file_paths):
        if _is_hidden(path, folder):  # Keras takes it, and nothing else here knows of it
            remedy = "remove this file, or rename it so that no name begins with a dot"
            raise Origin(origin.dataset, path, remedy).fault("no hidden image in a class's folder", "one")
    x = np.empty((len(loader.file_paths), *shape), dtype=np.uint8)
    y = np.empty(len(x), dtype=np.int64)
    begin = 0
    try:
        for images, labels in loader.as_numpy_iterator():
            rows = slice(begin, begin := begin + len(images))
            x[rows], y[rows] = np.rint(images), labels
    except Exception as error:  # TensorFlow's, which does not name the file
        raise _unreadable(_culprit(loader.file_paths), origin) from error
    return x, np.array(loader.class_names)[y]


def _culprit(paths: Sequence[str]) -> Path | str:
    """Return the first image that TensorFlow cannot decode."""
    import tensorflow as tf

    for path in paths:
        try:
            tf.io.decode_image(tf.io.read_file(path), expand_animations=False)
        except tf.errors.OpError:
            return Path(path)
    return "one of the images"


def _unreadable(path: Path | str, origin: Origin) -> Exception:
    return Origin(origin.dataset, path, "mend or remove this file").fault("a readable image", "none")
