import numpy as np
from numpy.testing import assert_array_equal

from gradevo.pictures.film.palette import TRANSPARENT, Quantiser, palette_of


def shown(frame, palette):
    indices, colours = Quantiser(palette, frame).quantise(frame)
    return colours[indices, 1:].astype(int)


def test_few_colours_are_all_kept():
    random = np.random.default_rng(13)
    colours = random.integers(0, 256, (255, 3), dtype=np.uint8)
    colours[:2] = [[0, 0, 0], [255, 255, 255]]
    frames = [colours[random.permutation(255)].reshape(5, 51, 3) for _ in range(2)]
    palette = palette_of(frames)
    for frame in frames:
        found = shown(frame, palette)
        assert np.abs(found - frame).max() <= 1  # the filter averages in another space of colours
        grey = (frame == frame[..., :1]).all(axis=2)
        assert grey.sum() >= 2
        assert_array_equal(found[grey], frame[grey])


def test_an_unknown_colour_becomes_one_of_the_palette_that_is_near():
    random = np.random.default_rng(7)
    palette = random.integers(0, 256, (256, 3), dtype=np.uint8)
    frame = random.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    known = palette[:TRANSPARENT].astype(int)
    found = shown(frame, palette)
    assert {tuple(colour) for colour in found.reshape(-1, 3)} <= {tuple(colour) for colour in known}
    nearest = np.sqrt(((frame[:, :, None].astype(int) - known) ** 2).sum(axis=3)).min(axis=2)
    distance = np.sqrt(((frame - found) ** 2).sum(axis=2))
    assert (distance - nearest).mean() < 0.25 * nearest.mean()  # nearest to the eye, not in RGB
    again = Quantiser(palette, frame)
    assert_array_equal(again.quantise(frame)[0], again.quantise(frame)[0])


def test_a_thin_line_keeps_its_colour_beside_a_large_shaded_surface():
    ramp = np.zeros((200, 512, 3), dtype=np.uint8)
    ramp[..., 0] = np.arange(512) // 2
    ramp[..., 1] = np.arange(200)[:, None]
    ramp[100, ::4] = (0, 114, 255)
    palette = palette_of([ramp])
    assert np.abs(palette.astype(int) - (0, 114, 255)).sum(axis=1).min() == 0
    assert np.abs(shown(ramp, palette) - ramp).mean() < 6
