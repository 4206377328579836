"""Every statistic has words, no two the same."""

from gradevo.report.charts import wording
from gradevo.statistics import EPOCH_STATISTICS, LAYER_STATISTICS, STEP_STATISTICS


def test_all_statistics_have_words() -> None:
    for quantities, names in (
        (wording.EPOCHS, EPOCH_STATISTICS),
        (wording.STEPS, STEP_STATISTICS),
        (wording.LAYERS, LAYER_STATISTICS),
    ):
        assert sorted(quantity.name for quantity in quantities) == sorted(names)
        for part in ("label", "formula"):
            assert len({getattr(quantity, part) for quantity in quantities}) == len(names)
        assert all(quantity.axis for quantity in quantities)


def test_groups_are_not_interrupted() -> None:
    """An option group that came twice would be two groups of one name."""
    for quantities in (wording.EPOCHS, wording.STEPS):
        groups = [quantity.group for quantity in quantities]
        changes = [one for one, before in zip(groups, [None, *groups], strict=False) if one != before]
        assert len(changes) == len(set(groups)) > 1


def test_norms_by_hand() -> None:
    norm = next(one for one in wording.EPOCHS if one.name == "l1_dissolving_norm_standardized")
    assert norm.label == "Dissolved norm, L1 per element"
    assert norm.formula.startswith("(Σ‖g[i]‖₁ − ‖A[e]‖₁) / n, ")
    assert norm.axis == "(Σ‖g[i]‖₁ − ‖A[e]‖₁) / n (loss / weight)"


def test_metrics() -> None:
    assert wording.metric("loss", "mse").label == "Mean squared error (target unit²)"
    assert wording.metric("accuracy", "mse").axis == "accuracy (share)"
    assert wording.metric("my_score", "").label == "My score"
