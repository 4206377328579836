"""Names and units of losses and metrics, in words."""

from gradevo.pictures.figures.loss import ACCURACIES, LOSSES, METRICS
from gradevo.statistics import Statistics

TARGET = "target unit"

FURTHER = {"summed_squared_error": f"summed squared error ({TARGET}²)"}


def measure(metric: str, run: Statistics) -> tuple[str, str]:
    """A metric's name in words and its unit: ``("mean absolute error", "target unit")``.

    ``"loss"`` is the loss of the run's experiment. The unit is ``1`` for shares such as accuracies and ``?``
    where it is not known.
    """
    key = str(run.experiment.get("loss", "")) if metric == "loss" else metric
    known = {**LOSSES, **METRICS, **FURTHER}.get(key)
    if metric in ACCURACIES:
        return str(known).split(":")[0], "1"
    if known is None:
        return metric.replace("_", " "), "?"
    words, unit = known.removesuffix(")").rsplit(" (", 1)
    return words if metric != "loss" else f"loss: {words.removesuffix(' loss')}", unit
