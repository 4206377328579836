"""What Keras has under a name: an optimizer, a schedule of learning rates, a loss, a metric; with arguments.

Whether Keras has it, and whether it takes the arguments, is found out in `gradevo.models.called`: to read a
configuration must not load Keras.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    model_serializer,
    model_validator,
)

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Called(BaseModel):
    """A name and arguments, ``{name: huber, delta: 2}``; without arguments it may be the name alone.

    It is written as it can be read, and the name alone where there are no arguments.
    """

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, JsonValue]

    name: Word

    @model_validator(mode="before")
    @classmethod
    def _from_a_name(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"name": data}
        return _with_numbers(data) if isinstance(data, Mapping) else data

    @model_serializer
    def _as_short_as_it_goes(self) -> str | dict[str, Any]:
        return {"name": self.name, **self.arguments} if self.arguments else self.name

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments by their names."""
        return dict(self.__pydantic_extra__)

    def __str__(self) -> str:
        return self.name


def _kind(value: Any) -> str:
    return "schedule" if isinstance(value, Mapping | Called) else "number"


class Optimizer(BaseModel):
    """An optimizer with its arguments; the learning rate is a number or a schedule of Keras."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, JsonValue]

    name: Word
    learning_rate: Annotated[
        Annotated[Rate, Tag("number")] | Annotated[Called, Tag("schedule")], Discriminator(_kind)
    ]

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, data: Any) -> Any:
        """Stochastic gradient descent states its momentum, as the records of all versions do."""
        if not isinstance(data, Mapping):
            return data
        momentum = {"momentum": 0.0} if data.get("name") == "sgd" else {}
        return {**momentum, **_with_numbers(data)}

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments beside the learning rate, by their names."""
        return dict(self.__pydantic_extra__)


def _with_numbers(value: Any) -> Any:
    """Snakemake's ``--config definitions='{iris: {optimizer: {clipnorm: 1}}}'`` hands over "1"."""
    if isinstance(value, Mapping):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    if isinstance(value, str):
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                pass
    return value
