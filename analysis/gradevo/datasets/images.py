"""A folder of images, a subfolder for each class, read as Keras' own loader does.

TensorFlow is imported only when there is such a folder.
"""

import os
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageFile

from gradevo.datasets.dataset import Array
from gradevo.datasets.files import check_size
from gradevo.datasets.members import Parsed
from gradevo.datasets.origin import Origin
from gradevo.datasets.sources import Features, Part
from gradevo.tensorflow_log import silenced

BY_TENSORFLOW = ("BMP", "GIF", "JPEG", "MPO", "PNG")
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
TRAIN, TEST = {"train", "training"}, {"test", "testing"}
VALIDATION = {"val", "valid", "validation", "dev"}
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
    """What the images' headers say: sizes (width, height), a file of each, modes, what is lost of which.

    by_pillow: those that TensorFlow does not read, or not rightly.
    """

    sizes: Mapping[tuple[int, int], Path]
    modes: Collection[str]
    lost: Mapping[str, Sequence[Path]]
    by_pillow: Collection[Path]


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
    notes += [
        f"{len(those)} of {len(files)} images have {what}, as {those[0].relative_to(folder).as_posix()} does"
        for what, those in seen.lost.items()
        if those
    ]
    notes += _on_others(folder, files, roots)
    check_size(len(files) * prod(shape), replace(origin, remedy="give smaller `features`, or fewer images"))
    read: dict[Part, Parsed] = {}
    for part, those in parts.items():
        chosen = [path for root in those for path in files if path.parent.parent == root]
        read[part] = (
            _pixels(chosen, shape, seen.by_pillow, origin),
            np.array([path.parent.name for path in chosen]),
        )
    return read, tuple(notes)


def _parts(folder: Path, files: Sequence[Path]) -> tuple[dict[Part, list[Path]], list[str]]:
    """Return the folders of each part, and what to say of one of validation, which no dataset has."""
    inside = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    kinds = ("train", TRAIN), ("test", TEST), ("val", VALIDATION)
    found = {kind: [path for path in inside if path.name.casefold() in names] for kind, names in kinds}
    alone = sum(map(len, found.values())) == len(inside) and max(map(len, found.values())) == 1
    # Without a test part these could be classes, too, whose images then lie in them.
    classes = not found["test"] and any(path.parent.parent == folder for path in files)
    if not alone or not found["train"] or classes:
        return {"all": [folder]}, []
    train, test, validation = found["train"], found["test"], found["val"]
    if validation and test:
        name = validation[0].name
        note = f"{name}/ belongs to the training rows; each experiment sets its own validation apart"
        return {"train": [*train, *validation], "test": test}, [note]
    if validation:
        return {"train": train, "test": validation}, [f"{validation[0].name}/ is the test part"]
    if test:
        return {"train": train, "test": test}, []
    return {"all": train}, [f"{train[0].name}/ is all there is; a part of it is set apart as the test part"]


def _on_others(folder: Path, files: Sequence[Path], parts: Sequence[Path]) -> list[str]:
    """Say which files in the classes' folders are none of the images."""
    others = sorted(
        path
        for part in parts
        for path in part.glob("*/*")
        if path.suffix.lower() not in SUFFIXES and not path.is_dir() and not _is_hidden(path, folder)
    )
    first = others[0].relative_to(folder).as_posix() if others else ""
    are = f"files are no images of a kind that is read and are left out, as {first} is"
    return [f"{len(others)} {are}"] if others else []


def _check_places(folder: Path, files: Sequence[Path], parts: Sequence[Path], origin: Origin) -> None:
    """An image beside its class would be skipped, and one that is hidden not be known to the pipeline."""
    for path in files:
        if path.parent.parent not in parts:
            expected = "images in a folder for each class, as in `class/1.png` or `train/class/1.png`"
            raise origin.fault(expected, path.relative_to(folder).as_posix())
    hidden = [
        path
        for part in parts
        for path in part.glob("*/**/*")
        if _is_hidden(path, part)
        and not path.relative_to(part).parts[0].startswith(".")
        and path.name.lower().endswith(SUFFIXES)
    ]
    if hidden:
        remedy = "remove them, or rename them so that no name begins with a dot"
        found = f"{len(hidden)}: {_listed(hidden, folder)}"
        raise replace(origin, remedy=remedy).fault("no hidden images in a class's folder", found)
    filled = {path.parent for path in files}
    for part in parts:
        classes = [path for path in part.iterdir() if path.is_dir() and not path.name.startswith(".")]
        empty = sorted(path.relative_to(folder).as_posix() for path in classes if path not in filled)
        if empty or not classes:
            expected = f"images ({', '.join(SUFFIXES)}) in a folder for each class"
            raise origin.fault(expected, f"none in {', '.join(empty) or part.name}")


def _look_at(files: Sequence[Path], origin: Origin) -> _Seen:
    sizes: dict[tuple[int, int], Path] = {}
    modes, by_pillow, unreadable = set(), set(), []
    transparent: list[Path] = []
    deep: list[Path] = []
    turned: list[Path] = []
    several: list[Path] = []
    for path in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # all are counted below
                with Image.open(path) as image:
                    sizes.setdefault(image.size, path)
                    modes.add(image.mode)
                    for found, those in (
                        (image.has_transparency_data, transparent),
                        (_is_deep(image), deep),
                        (_is_turned(image), turned),
                        (getattr(image, "is_animated", False), several),
                    ):
                        if found:
                            those.append(path)
                    if image.format not in BY_TENSORFLOW or (image.format == "BMP" and image.mode in "1P"):
                        by_pillow.add(path)
        except Exception:  # Pillow has a way to fail for every format
            unreadable.append(path)
    if unreadable:
        raise _unreadable(unreadable, origin)
    lost = {
        "transparency, which is dropped": transparent,
        "16 bits a channel, of which the upper 8 are kept": deep,
        "a mark of the camera's position (EXIF), by which they are not turned": turned,
        "several frames, of which the first is read": several,
    }
    return _Seen(sizes, modes, lost, by_pillow)


def _is_turned(image: ImageFile.ImageFile) -> bool:
    """Without a mark in the header, Pillow would decode the whole of a PNG to look for one behind it."""
    if "exif" not in image.info and image.format != "TIFF":
        return False
    return bool(image.getexif().get(ExifTags.Base.Orientation, 1) != 1)


def _is_deep(image: ImageFile.ImageFile) -> bool:
    """Of colours with 16 bits only the way in which they are packed tells: their mode is RGB."""
    packed = [tile[3] if isinstance(tile[3], str) else (tile[3] or ("",))[0] for tile in image.tile]
    return "16" in f"{image.mode} {packed}"


def _shape(seen: _Seen, origin: Origin) -> tuple[int, int, int]:
    """Return the height, width and channels that all images have."""
    sizes = seen.sizes
    if len(sizes) > 1:
        expected = "images of one size, or `features: {shape: [height, width, channels]}` to bring them to it"
        found = [f"{width}×{height} ({path.name})" for (width, height), path in sizes.items()]
        raise origin.fault(expected, " and ".join(found[:2]))
    ((width, height),) = sizes
    return height, width, 1 if set(seen.modes) <= GREY else 3


def _pixels(
    files: Sequence[Path], shape: tuple[int, ...], by_pillow: Collection[Path], origin: Origin
) -> Array:
    """Return the images (n, *shape), uint8, as Keras' loader does: bilinear where they have another size."""
    with silenced():
        import tensorflow as tf

    height, width, channels = shape

    def resized(image: Any) -> Any:
        return tf.image.resize(image, (height, width), method="bilinear")

    def load(path: Any) -> Any:
        return resized(_decoded(path, channels))

    x = np.empty((len(files), *shape), dtype=np.uint8)
    others = [index for index, path in enumerate(files) if path in by_pillow]
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
        raise _unreadable(list(_culprits(files, channels, by_pillow)), origin) from error
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


def _culprits(files: Sequence[Path], channels: int, by_pillow: Collection[Path]) -> Iterator[Path]:
    """Yield the images that cannot be decoded."""
    for path in files:
        try:
            if path in by_pillow:
                _by_pillow(path, channels)
            else:
                _decoded(str(path), channels)
        except Exception:  # as many as there are formats
            yield path


def _unreadable(paths: Sequence[Path], origin: Origin) -> Exception:
    if len(paths) == 1:
        return Origin(origin.dataset, paths[0], "mend or remove this file").fault("a readable image", "none")
    found = f"{len(paths)} that are none: {_listed(paths, Path(origin.file))}"
    return replace(origin, remedy="mend or remove these files").fault("readable images", found)


def _listed(paths: Sequence[Path], folder: Path) -> str:
    shown = [path.relative_to(folder).as_posix() for path in paths[:LISTED]]
    return ", ".join(shown) + (f" and {len(paths) - LISTED} more" if len(paths) > LISTED else "")
