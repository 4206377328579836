"""Series can be told apart, and the total follows the page's colour of text."""

from gradevo.layers import LayerGraph
from gradevo.report.charts.explorer import INK
from gradevo.report.charts.looks import COLORS, names_looks, tensors_looks


def test_a_layer_has_one_color() -> None:
    total, kernel, bias, other = tensors_looks(LayerGraph(), ["a/kernel", "a/bias", "b/kernel"])
    assert (total.name, total.color) == ("total", INK)
    assert kernel.color == bias.color != other.color
    assert kernel.dash != bias.dash


def test_all_looks_differ_until_colours_and_dashes_are_used_up() -> None:
    layers = 2 * len(COLORS)
    looks = tensors_looks(
        LayerGraph(), [f"layer_{number}/{role}" for number in range(layers) for role in ("kernel", "bias")]
    )
    assert len({(look.color, look.dash) for look in looks}) == len(looks) == 1 + 2 * layers
    assert len({(look.color, look.dash) for look in names_looks([*map(str, range(24))])}) == 24
