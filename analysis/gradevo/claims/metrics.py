"""Whether a metric gets better by rising or by falling, as far as its name says."""

RISING = (
    "accuracy",
    "auc",
    "precision",
    "recall",
    "sensitivity",
    "specificity",
    "f1",
    "fbeta",
    "r2",
    "iou",
    "similarity",
)
FALLING = (
    "error",
    "deviation",
    "loss",
    "crossentropy",
    "divergence",
    "hinge",
    "mae",
    "mse",
    "rmse",
    "mape",
    "msle",
)


def orientation(name: str) -> int | None:
    """+1 if higher is better, −1 if lower is, None if the name does not say: "mean_absolute_error" -> −1."""
    words = name.lower().replace("cross_entropy", "crossentropy")
    rises = any(word in words for word in RISING) or words == "acc"
    falls = any(word in words for word in FALLING)
    return None if rises == falls else 1 if rises else -1
