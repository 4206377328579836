"""A folder of images, read by Keras, is the images' own pixels."""

import hashlib
import os
import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

from gradevo.datasets.fetch import fetch
from gradevo.datasets.own import user_files
from gradevo.datasets.sources import read_sources
from gradevo.errors import GradevoError
from gradevo.tensorflow_log import silenced


class Folder:
    """data/raw/mine, and an entry as short as can be."""

    def __init__(self, folder):
        self.raw, self.sources = folder / "raw", folder / "sources.yaml"
        self.folder = self.raw / "mine"

    def put(self, path: str, pixels: np.ndarray) -> np.ndarray:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(target)
        return pixels

    def fetch(self, **entry):
        mine = {"title": "Mine", "source": {"kind": "own"}, **entry}
        self.sources.write_text(yaml.safe_dump({"mine": mine}))
        return fetch("mine", self.raw, self.sources)

    def failure(self, **entry) -> str:
        with pytest.raises(GradevoError) as caught:
            self.fetch(**entry)
        message = str(caught.value)
        assert message.startswith(f"mine: {self.folder}")
        assert "\n" not in message
        return message


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def colours(seed: int, size=(5, 4)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def grey(seed: int, size=(5, 4)) -> np.ndarray:
    return colours(seed, size)[:, :, 0]


def test_training_and_test_folders(folder):
    cat = [folder.put(f"train/cat/{number}.png", colours(number)) for number in range(2)]
    ant = folder.put("train/ant/0.bmp", colours(7))
    test = folder.put("test/cat/x.PNG", colours(8))
    (folder.folder / "train/cat/notes.txt").write_text("not an image")
    dataset = folder.fetch()
    np.testing.assert_array_equal(dataset.x_train, [ant, *cat])
    np.testing.assert_array_equal(dataset.x_test, [test])
    assert dataset.x_train.dtype == np.uint8
    assert (dataset.labels, dataset.y_train.tolist(), dataset.y_test.tolist()) == (
        ("ant", "cat"),
        [0, 1, 1],
        [1],
    )
    files = ["test/cat/x.PNG", "train/ant/0.bmp", "train/cat/0.png", "train/cat/1.png"]
    sums = [f"{hashlib.sha256((folder.folder / file).read_bytes()).hexdigest()}  {file}\n" for file in files]
    assert dataset.provenance == {
        "kind": "own data",
        "file": "mine/",
        "sha256": hashlib.sha256("".join(sums).encode()).hexdigest(),
    }
    listed = user_files("mine", read_sources(folder.sources)["mine"], folder.raw)
    assert [path.relative_to(folder.folder).as_posix() for path in listed] == files


def test_one_folder_is_split(folder):
    images = np.array([folder.put(f"{'ab'[row % 2]}/{row:02}.png", grey(row)) for row in range(20)])
    dataset = folder.fetch()
    assert dataset.x_train.shape == (18, 5, 4, 1)
    # The tenth and the ninth file of a and b are the test set, as in test_own.py.
    np.testing.assert_array_equal(dataset.x_test[..., 0], images[[18, 16]])
    assert dataset.y_test.tolist() == [0, 0]
    assert dataset.labels == ("a", "b")


def test_one_coloured_image_makes_all_coloured(folder):
    one = folder.put("train/a/0.png", grey(0))
    folder.put("train/b/0.png", colours(1))
    folder.put("test/a/0.png", grey(2))
    dataset = folder.fetch()
    assert dataset.x_train.shape == (2, 5, 4, 3)
    np.testing.assert_array_equal(dataset.x_train[0], np.stack([one] * 3, axis=-1))


def test_images_are_brought_to_the_size_and_colours_of_the_features(folder):
    folder.put("train/a/0.png", np.full((9, 6, 3), 200, dtype=np.uint8))
    folder.put("train/b/0.png", np.full((3, 5, 3), 20, dtype=np.uint8))
    folder.put("test/b/0.png", np.full((4, 4), 90, dtype=np.uint8))
    dataset = folder.fetch(features={"shape": [4, 2, 1]})
    assert dataset.x_train.shape == (2, 4, 2, 1)
    assert [np.unique(image).tolist() for image in (*dataset.x_train, *dataset.x_test)] == [[200], [20], [90]]


def test_images_of_several_sizes(folder):
    folder.put("a/0.png", colours(0))
    folder.put("b/0.png", colours(1, (6, 7)))
    message = folder.failure()
    assert "expected images of one size, or `features: {shape: [height, width, channels]}`" in message
    assert "found 4×5 (0.png) and 7×6 (0.png)" in message


def test_an_image_that_is_none(folder):
    folder.put("a/0.png", colours(0))
    folder.put("b/0.png", colours(1))
    (folder.folder / "b/1.png").write_bytes(b"text")
    message = folder.failure()
    assert message.startswith(
        f"mine: {folder.folder / 'b/1.png'}: expected a readable image, found none; mend or"
    )


def test_half_an_image(folder):
    folder.put("a/0.png", colours(0, (40, 40)))
    folder.put("b/0.png", colours(1, (40, 40)))
    half = (folder.folder / "b/0.png").read_bytes()[:1000]
    (folder.folder / "b/0.png").write_bytes(half)
    assert folder.failure().startswith(f"mine: {folder.folder / 'b/0.png'}: expected a readable image")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["a/0.png", "0.png"], "0.png;"),
        (["a/b/0.png", "c/0.png"], "a/b/0.png;"),
        (["train/a/0.png", "train/b/0.png", "test/a/0.png", "other/a/0.png"], "other/a/0.png;"),
        (["train/a/0.png", "train/b/0.png", "val/a/0.png", "valid/a/0.png"], "train/a/0.png;"),
        (["train/a/0.png", "train/b/0.png", "test/0.png"], "test/0.png;"),
    ],
)
def test_images_elsewhere(folder, files, found):
    for file in files:
        folder.put(file, grey(0))
    message = folder.failure()
    assert "expected images in a folder for each class, as in `class/1.png` or `train/class/1.png`" in message
    assert f", found {found}" in message


def test_no_images(folder):
    (folder.folder / "cat").mkdir(parents=True)
    assert (
        "images (.bmp, .gif, .jpeg, .jpg, .png, .tif, .tiff, .webp) in a folder for each class, found none "
        "in cat;" in folder.failure()
    )


def test_a_class_without_images(folder):
    folder.put("a/0.png", grey(0))
    folder.put("b/0.png", grey(1))
    (folder.folder / "c").mkdir()
    assert "in a folder for each class, found none in c;" in folder.failure()


def test_features_that_no_image_has(folder):
    folder.put("a/0.png", grey(0))
    folder.put("b/0.png", grey(0))
    message = folder.failure(features={"shape": [4, 2]})
    assert "expected features of shape [height, width, 1 or 3] for images, found [4, 2]" in message


def test_one_class(folder):
    for row in range(20):
        folder.put(f"a/{row}.png", grey(row))
    assert "expected at least two classes in y_train, found one: a" in folder.failure()


def test_braces_in_a_name_would_be_wildcards(folder):
    folder.put("a/{0}.png", grey(0))
    folder.put("b/0.png", grey(0))
    folder.sources.write_text("mine: {title: Mine, source: {kind: own}}")
    with pytest.raises(
        GradevoError, match=r"mine: .*\{0\}.png: expected a name without braces, found some; rename"
    ):
        user_files("mine", read_sources(folder.sources)["mine"], folder.raw)


def test_hidden_files_are_nobodys_images(folder):
    for row in range(20):
        folder.put(f"{'ab'[row % 2]}/{row:02}.png", grey(row))
    folder.put(".thumbnails/x/0.png", grey(0))
    assert len(folder.fetch().x_train) == 18


def full(value, size=(6, 4)) -> np.ndarray:
    return np.full((*size, 3), value, dtype=np.uint8)


def test_more_that_is_not_read_of_images_is_said(folder):
    for row in range(10):
        folder.put(f"{'ab'[row % 2]}/{row}.png", full(row))
    turned = Image.Exif()
    turned[0x112] = 6
    still = Image.fromarray(full(7))
    still.save(folder.folder / "a/turned.jpg", exif=turned)
    still.save(folder.folder / "b/film.gif", save_all=True, append_images=[Image.fromarray(full(9))])
    (folder.folder / "b/1.heic").write_text("x")
    (folder.folder / "b/2.heic").write_text("x")
    assert folder.fetch().notes == (
        "1 of 12 images have a mark of the camera's position (EXIF), by which they are not turned, as "
        "a/turned.jpg does",
        "1 of 12 images have several frames, of which the first is read, as b/film.gif does",
        "2 files are no images of a kind that is read and are left out, as b/1.heic is",
    )


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGB", "RGBA"])
def test_every_kind_of_bmp(folder, mode):
    """TensorFlow takes the palette's numbers for grey, and refuses single bits."""
    expected = []
    for row in range(10):
        image = Image.fromarray(full(25 * row)).convert(mode)
        path = folder.folder / f"{'ab'[row % 2]}/{row}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        expected.append(int(np.asarray(image.convert("RGB"))[0, 0, 0]))
    dataset = folder.fetch(features={"shape": [6, 4, 3]})
    found = np.concatenate([dataset.x_train, dataset.x_test])[:, 0, 0, 0]
    assert sorted(found.tolist()) == sorted(expected)
    assert dataset.notes == ()


def test_an_ending_that_lies_does_no_harm(folder):
    for row in range(10):
        folder.put(f"{'ab'[row % 2]}/{row}.png", full(row))
    Image.fromarray(full(200)).save(folder.folder / "a/0.png", format="TIFF")
    dataset = folder.fetch()
    assert 200 in np.concatenate([dataset.x_train, dataset.x_test])


def test_more_pixels_than_memory_holds_are_refused(folder):
    for row in range(4):
        folder.put(f"{'ab'[row % 2]}/{row}.png", full(row))
    message = folder.failure(features={"shape": [1000000, 1000000, 1]})
    assert "this machine's memory, found 3725.3 GiB; give smaller `features`, or fewer images" in message


@pytest.mark.parametrize(
    ("train", "test", "validation"),
    [("Train", "Test", None), ("training", "testing", "dev"), ("TRAIN", "TEST", "Val")],
)
def test_other_names_of_the_parts(folder, train, test, validation):
    for part in filter(None, (train, test, validation)):
        for row in range(4):
            folder.put(f"{part}/{'ab'[row % 2]}/{row}.png", full(row))
    dataset = folder.fetch()
    assert (len(dataset.x_train), len(dataset.x_test)) == (8 if validation else 4, 4)
    assert dataset.labels == ("a", "b")


def test_a_folder_of_training_alone_is_split(folder):
    for row in range(20):
        folder.put(f"train/{'ab'[row % 2]}/{row:02}.png", full(row))
    dataset = folder.fetch()
    assert (len(dataset.x_train), len(dataset.x_test), dataset.labels) == (18, 2, ("a", "b"))
    assert dataset.notes == ("train/ is all there is; a part of it is set apart as the test part",)


@pytest.mark.parametrize("name", [".hidden.png", ".thumbs/0.png", ".png"])
@pytest.mark.parametrize("part", ["", "test"])
def test_hidden_images_of_a_class_are_refused(folder, part, name):
    """Keras would take them, though neither the SHA-256 nor the pipeline knows of them."""
    for row in range(4):
        folder.put(f"{'train' if part else ''}/{'ab'[row % 2]}/{row}.png".lstrip("/"), grey(row))
    folder.put(f"{part}/a/4.png".lstrip("/"), grey(4))
    hidden = folder.folder / part / "a" / name
    hidden.parent.mkdir(exist_ok=True)
    hidden.write_bytes((hidden.parents[name.count("/")] / "4.png").read_bytes())
    message = folder.failure()
    found = f"found 1: {hidden.relative_to(folder.folder)};"
    assert f"mine: {folder.folder}: expected no hidden images in a class's folder, {found}" in message
    assert message.endswith("; remove them, or rename them so that no name begins with a dot")


def test_a_link_to_nothing(folder):
    for row in range(4):
        folder.put(f"{'ab'[row % 2]}/{row}.png", grey(row))
    link = folder.folder / "b/link.png"
    link.symlink_to("nowhere.png")
    assert folder.failure().startswith(f"mine: {link}: expected a readable image, found none; mend or")


def put_all(folder, pixels):
    """Write the pixels as the two images of the training and of the test part."""
    for file in ("train/a/0.png", "train/b/1.png", "test/a/0.png", "test/b/1.png"):
        folder.put(file, pixels)


@pytest.mark.parametrize("features", [{}, {"features": {"shape": [5, 4, 3]}}])
def test_transparency_is_dropped_and_said(folder, features):
    put_all(folder, np.concatenate([colours(0), grey(1)[..., np.newaxis]], axis=-1))
    dataset = folder.fetch(**features)
    np.testing.assert_array_equal(dataset.x_train[0], colours(0))
    assert dataset.notes == ("4 of 4 images have transparency, which is dropped, as test/a/0.png does",)


def test_the_upper_bits_of_16_are_kept_and_it_is_said(folder):
    deep = np.random.default_rng(0).integers(0, 2**16, (5, 4), dtype=np.uint16)
    put_all(folder, deep)
    dataset = folder.fetch()
    np.testing.assert_array_equal(dataset.x_train[0, :, :, 0], deep >> 8)
    (note,) = dataset.notes
    assert note.startswith(
        "4 of 4 images have 16 bits a channel, of which the upper 8 are kept, as test/a/0.png"
    )


def test_16_bits_of_colours_are_seen(folder):
    put_all(folder, colours(0))
    deep = np.random.default_rng(0).integers(0, 2**16, (5, 4, 3), dtype=np.uint16)
    with silenced():
        import tensorflow as tf
    (folder.folder / "train/b/1.png").write_bytes(tf.io.encode_png(deep).numpy())
    dataset = folder.fetch()
    np.testing.assert_array_equal(dataset.x_train[1], deep >> 8)
    assert dataset.notes[0].startswith("1 of 4 images have 16 bits a channel")


def test_nothing_is_said_of_plain_images(folder):
    put_all(folder, colours(0))
    assert folder.fetch().notes == ()


@pytest.mark.parametrize("path", [b"mine/\xff\xe9/0.png", b"mine/a/\xff.png"])
def test_names_that_are_not_utf8(folder, path):
    put_all(folder, colours(0))
    target = os.path.join(os.fsencode(folder.raw), path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        Image.fromarray(colours(0)).save(file, "png")
    message = folder.failure()
    assert "expected a name that is UTF-8, found '" in message
    assert "\\udcff" in message
    assert message.endswith("; rename this file or its folder")
    message.encode()


def test_training_validation_and_test_folders(folder):
    for number, file in enumerate(("train/a/0.png", "train/b/0.png", "val/b/9.png", "test/b/0.png")):
        folder.put(file, grey(number))
    dataset = folder.fetch()
    np.testing.assert_array_equal(dataset.x_train[..., 0], [grey(0), grey(1), grey(2)])
    assert dataset.y_train.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(dataset.x_test[..., 0], [grey(3)])
    (note,) = dataset.notes
    assert note.startswith("val/ belongs to the training rows")
    os.rename(folder.folder / "val", folder.folder / "validation")
    shutil.rmtree(folder.folder / "test")
    dataset = folder.fetch()
    np.testing.assert_array_equal(dataset.x_test[..., 0], [grey(2)])
    assert dataset.notes == ("validation/ is the test part",)


def test_classes_may_be_called_train_and_val(folder):
    for row in range(20):
        folder.put(f"{('train', 'val')[row % 2]}/{row:02}.png", grey(row))
    assert folder.fetch().labels == ("train", "val")


@pytest.mark.parametrize("suffix", ["webp", "tif", "TIFF"])
@pytest.mark.parametrize("pixels", [colours(0), grey(0)])
def test_other_formats(folder, suffix, pixels):
    for part in ("train", "test"):
        folder.put(f"{part}/a/0.png", pixels)
        target = folder.folder / part / f"b/0.{suffix}"
        target.parent.mkdir()
        Image.fromarray(pixels[::-1]).save(target, **({"lossless": True} if suffix == "webp" else {}))
    dataset = folder.fetch(features={"shape": [5, 4, 3]})
    expected = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
    np.testing.assert_array_equal(dataset.x_train, [expected, expected[::-1]])


def test_tiff_of_16_bits(folder):
    deep = np.random.default_rng(0).integers(0, 2**16, (5, 4), dtype=np.uint16)
    for file in ("train/a/0.tif", "train/b/1.tif", "test/a/0.tif", "test/b/1.tif"):
        folder.put(file, deep)
    dataset = folder.fetch()
    np.testing.assert_array_equal(dataset.x_train[0, :, :, 0], deep >> 8)
    assert dataset.notes[0].startswith("4 of 4 images have 16 bits a channel")


@pytest.mark.parametrize("shape", [(7, 9, 3), (7, 9, 1), (3, 2, 3)])
def test_pixels_are_those_of_the_loader_of_keras(folder, shape):
    with silenced():
        import keras
    for number in range(12):
        # TensorFlow makes no grey of coloured BMP and GIF.
        suffix = ("png", "jpg", "bmp", "gif")[number % (2 if shape[2] == 1 else 4)]
        folder.put(f"train/{'ab'[number % 2]}/{number}.{suffix}", colours(number, (4 + number, 6)))
    folder.put("test/a/0.png", colours(0))
    loader = keras.utils.image_dataset_from_directory(
        folder.folder / "train",
        label_mode="int",
        color_mode="grayscale" if shape[2] == 1 else "rgb",
        image_size=shape[:2],
        shuffle=False,
        verbose=False,
    )
    dataset = folder.fetch(features={"shape": list(shape)})
    ((images, labels),) = loader.as_numpy_iterator()
    np.testing.assert_array_equal(dataset.x_train, np.rint(images))
    np.testing.assert_array_equal(dataset.y_train, labels)


def test_all_broken_images_are_listed_at_once(folder):
    folder.put("a/0.png", colours(0, (40, 40)))
    folder.put("b/0.png", colours(1, (40, 40)))
    half = (folder.folder / "b/0.png").read_bytes()[:1000]
    for number in range(1, 31):
        (folder.folder / f"{'ab'[number % 2]}/{number:02}.jpg").write_bytes(b"text")
    names = ", ".join([f"a/{n:02}.jpg" for n in range(2, 31, 2)] + [f"b/{n:02}.jpg" for n in range(1, 31, 2)])
    assert (
        f"expected readable images, found 30 that are none: {names}; mend or remove these" in folder.failure()
    )
    for path in folder.folder.glob("*/*.jpg"):
        path.unlink()
    for number in (1, 2):
        (folder.folder / f"b/{number}.png").write_bytes(half)
    assert "expected readable images, found 2 that are none: b/1.png, b/2.png; mend" in folder.failure()
