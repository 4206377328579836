"""A folder of images, a subfolder for each class, read as Keras' own loader does.

TensorFlow is imported only when there is such a folder.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gradevo.datasets.dataset import Array
from gradevo.datasets.members import Parsed
from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Features, Part
from gradevo.tensorflow_log import silenced

BY_TENSORFLOW = (".bmp", ".gif", ".jpeg", ".jpg", ".png")  # what Keras reads
SUFFIXES = (*BY_TENSORFLOW, ".tif", ".tiff", ".webp")
VALIDATION = {"val", "valid", "validation"}
GREY = {"1", "L", "LA", "I;16"}
BATCH = 256
LISTED = 100  # broken images in one line


def image_files(folder: Path) -> list[Path]:
    """Return all images below `folder`, sorted, but for hidden ones."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.is_dir() and not _is_hidden(path, folder)
    )


def _is_hidden(path: Path, folder: Path) -> bool:
    # As text: making paths of parts takes as long as decoding small images.
    return f"{os.sep}." in str(path)[len(str(folder)) :]


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
    parts, notes = _parts(folder, files)
    roots = [root for those in parts.values() for root in those]
    _check_places(folder, files, roots, origin)
    seen = _look_at(files, origin)
    shape = _shape(seen, origin) if features is None else features.shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise origin.fault("features of shape [height, width, 1 or 3] for images", list(shape))
    lost = (
        (seen.transparent, "transparency, which is dropped"),
        (seen.deep, "16 bits a channel, of which the upper 8 are kept"),
    )
    notes += [
        f"{len(those)} of {len(files)} images have {what}, as {those[0].relative_to(folder).as_posix()} does"
        for those, what in lost
        if those
    ]
    read: dict[Part, Parsed] = {}
    for part, those in parts.items():
        chosen = [path for root in those for path in files if path.parent.parent == root]
        read[part] = _pixels(chosen, shape, origin), np.array([path.parent.name for path in chosen])
    return read, tuple(notes)


def _parts(folder: Path, files: Sequence[Path]) -> tuple[dict[Part, list[Path]], list[str]]:
    """Return the folders of each part, and what to say of one of validation, which no dataset has."""
    inside = {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
    validation = inside & VALIDATION
    if inside == {"train", "test"}:
        return {"train": [folder / "train"], "test": [folder / "test"]}, []
    # These could be classes, too, whose images then lie in them.
    if len(validation) == 1 and all(path.parent.parent != folder for path in files):
        (name,) = validation
        if inside == {"train", "test", name}:
            note = f"{name}/ belongs to the training rows; each experiment sets its own validation apart"
            return {"train": [folder / "train", folder / name], "test": [folder / "test"]}, [note]
        if inside == {"train", name}:
            return {"train": [folder / "train"], "test": [folder / name]}, [f"{name}/ is the test part"]
    return {"all": [folder]}, []


def _check_places(folder: Path, files: Sequence[Path], parts: Sequence[Path], origin: Origin) -> None:
    """An image beside its class would be skipped, and one that is hidden not be known to the pipeline."""
    for path in files:
        if path.parent.parent not in parts:
            expected = "images in a folder for each class, as in `class/1.png` or `train/class/1.png`"
            raise origin.fault(expected, path.relative_to(folder).as_posix())
    for part in parts:
        for path in part.glob("*/**/*"):
            if not _is_hidden(path, part) or path.relative_to(part).parts[0].startswith("."):
                continue
            if path.name.lower().endswith(SUFFIXES):
                remedy = "remove this file, or rename it so that no name begins with a dot"
                raise Origin(origin.dataset, path, remedy).fault("no hidden image in a class's folder", "one")
    filled = {path.parent for path in files}
    for part in parts:
        classes = [path for path in part.iterdir() if path.is_dir() and not path.name.startswith(".")]
        empty = sorted(path.relative_to(folder).as_posix() for path in classes if path not in filled)
        if empty or not classes:
            expected = f"images ({', '.join(SUFFIXES)}) in a folder for each class"
            raise origin.fault(expected, f"none in {', '.join(empty) or part.name}")


def _look_at(files: Sequence[Path], origin: Origin) -> _Seen:
    sizes: dict[tuple[int, int], Path] = {}
    modes, transparent, deep, unreadable = set(), [], [], []
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
        except Exception:  # Pillow has a way to fail for every format
            unreadable.append(path)
    if unreadable:
        raise _unreadable(unreadable, origin)
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


def _pixels(files: Sequence[Path], shape: tuple[int, ...], origin: Origin) -> Array:
    """Return the images (n, *shape), uint8, as Keras' loader does: bilinear where they have another size."""
    with silenced():
        import tensorflow as tf

    height, width, channels = shape

    def resized(image: Any) -> Any:
        return tf.image.resize(image, (height, width), method="bilinear")

    def load(path: Any) -> Any:
        return resized(_decoded(path, channels))

    x = np.empty((len(files), *shape), dtype=np.uint8)
    others = [index for index, path in enumerate(files) if path.suffix.lower() not in BY_TENSORFLOW]
    ours = sorted({*range(len(files))} - {*others})
    try:
        if ours:
            paths = tf.data.Dataset.from_tensor_slices([str(files[index]) for index in ours])
            batches = paths.map(load, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(1)
            for number, images in enumerate(batches.as_numpy_iterator()):
                x[ours[number * BATCH : number * BATCH + len(images)]] = np.rint(images)
        for index in others:
            x[index] = np.rint(resized(_by_pillow(files[index], channels)))
    except Exception as error:  # TensorFlow's does not name the file
        raise _unreadable(list(_culprits(files, channels)), origin) from error
    return x


def _decoded(path: Any, channels: int) -> Any:
    import tensorflow as tf

    return tf.io.decode_image(tf.io.read_file(path), channels=channels, expand_animations=False)


def _by_pillow(path: Path, channels: int) -> Array:
    with Image.open(path) as image:
        if image.mode.startswith("I;16"):
            pixels = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        elif image.mode in ("F", "I"):
            raise ValueError("no 8 or 16 bits")
        else:
            pixels = image
        converted = pixels.convert("RGB")
        if channels == 1:
            converted = pixels.convert("L")
        return np.asarray(converted).reshape(image.height, image.width, channels)


def _culprits(files: Sequence[Path], channels: int) -> Iterator[Path]:
    """Yield the images that cannot be decoded."""
    for path in files:
        try:
            if path.suffix.lower() in BY_TENSORFLOW:
                _decoded(str(path), channels)
            else:
                _by_pillow(path, channels)
        except Exception:  # as many as there are formats
            yield path


def _unreadable(paths: Sequence[Path], origin: Origin) -> Exception:
    if len(paths) == 1:
        return Origin(origin.dataset, paths[0], "mend or remove this file").fault("a readable image", "none")
    shown = [path.relative_to(origin.file).as_posix() for path in paths[:LISTED]]
    more = f" and {len(paths) - LISTED} more" if len(paths) > LISTED else ""
    found = f"{len(paths)} that are none: {', '.join(shown)}{more}"
    return replace(origin, remedy="mend or remove these files").fault("readable images", found)
