"""Valid configuration is what it says; every mistake is one clear line."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gradevo import GradevoError
from gradevo.config.called import Optimizer
from gradevo.config.load import parse_config, parse_experiment, read_config

ROOT = Path(__file__).parents[2]


def experiment(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Iris",
        "dataset": "iris",
        "model": "iris",
        "batch_size": 15,
        "epochs": 100,
        "optimizer": {"name": "sgd", "learning_rate": 0.01},
        "loss": "categorical_crossentropy",
        "metrics": ["categorical_accuracy"],
        **changes,
    }


def config(**changes: Any) -> dict[str, Any]:
    return {"name": "mine", "experiments": ["iris"], "definitions": {"iris": experiment()}, **changes}


def lines(data: Any) -> list[str]:
    with pytest.raises(GradevoError) as caught:
        parse_config(data, "my.yaml")
    return str(caught.value).splitlines()


def test_the_paper_config_is_the_articles_protocol_in_full() -> None:
    selected = {e.name: e for e in read_config(ROOT / "config/paper.yaml").selected}
    assert {
        name: (e.dataset, e.batch_size, e.epochs, e.optimizer.name, e.optimizer.learning_rate)
        for name, e in selected.items()
    } == {
        "iris": ("iris", 15, 100, "sgd", 0.01),
        "boston": ("boston", 32, 100, "adam", 0.05),
        "mnist": ("mnist", 256, 10, "sgd", 0.01),
        "forda": ("forda", 32, 500, "adam", 0.0001),
        "cifar10": ("cifar10", 1024, 15, "sgd", 0.05),
        "cifar100": ("cifar100", 1024, 15, "adam", 0.005),
    }
    default = read_config(ROOT / "config/default.yaml").definitions
    for name, e in selected.items():
        assert (e.model, e.seeds, e.keep_bits, e.record_every) == (name, (13,), None, 1)
        if name in default:
            assert (e.loss, e.metrics) == (default[name].loss, default[name].metrics)
        else:
            assert e.loss.name == "categorical_crossentropy"
            assert [metric.name for metric in e.metrics] == ["categorical_accuracy"]


def test_the_default_config_is_the_articles_protocol() -> None:
    article = ("iris", "boston", "forda", "mnist")
    selected = {e.name: e for e in read_config(ROOT / "config/default.yaml").selected if e.name in article}
    assert {name: (e.batch_size, e.epochs) for name, e in selected.items()} == {
        "iris": (15, 100),
        "boston": (32, 100),
        "forda": (32, 20),
        "mnist": (256, 10),
    }
    assert {name: e.optimizer for name, e in selected.items()} == {
        "iris": Optimizer(name="sgd", learning_rate=0.01),
        "boston": Optimizer(name="adam", learning_rate=0.05),
        "forda": Optimizer(name="adam", learning_rate=0.0001),
        "mnist": Optimizer(name="sgd", learning_rate=0.01),
    }
    assert {name: e.loss.name for name, e in selected.items()} == {
        "iris": "categorical_crossentropy",
        "boston": "mean_squared_error",
        "forda": "sparse_categorical_crossentropy",
        "mnist": "categorical_crossentropy",
    }
    five = (13, 14, 15, 16, 17)
    seeds = {"iris": five, "boston": five, "forda": (13,), "mnist": (13, 14, 15)}
    assert {name: e.seeds for name, e in selected.items()} == seeds


def test_experiments_are_selected_in_the_order_of_the_list() -> None:
    definitions = {"a": experiment(), "b": experiment(), "c": experiment()}
    chosen = parse_config(config(experiments=["c", "a"], definitions=definitions))
    assert [e.name for e in chosen.selected] == ["c", "a"]


def test_configuration_is_frozen() -> None:
    chosen = parse_config(config())
    with pytest.raises(ValidationError, match="frozen"):
        chosen.definitions["iris"].epochs = 5  # type: ignore[misc]


def test_an_experiment_survives_its_json_slice() -> None:
    chosen = parse_config(config()).definitions["iris"]
    assert parse_experiment(chosen.model_dump_json()) == chosen
    assert parse_experiment(json.loads(chosen.model_dump_json(exclude={"seeds", "threads"}))) == chosen


def test_norms_of_updates_are_written_only_where_they_are_asked_for() -> None:
    plain = parse_config(config()).definitions["iris"]
    asked = parse_config(config(definitions={"iris": experiment(updates=True)})).definitions["iris"]
    assert "updates" not in plain.model_dump(mode="json")
    assert asked.model_dump(mode="json")["updates"] is True
    assert parse_experiment(asked.model_dump_json()) == asked


def test_weights_of_classes_are_written_only_where_they_are_asked_for() -> None:
    """By labels, which YAML may take for numbers, and Snakemake's command line for texts."""
    plain = parse_config(config()).definitions["iris"]
    told = experiment(class_weight={0: 1, "-1": "2.5"})
    asked = parse_config(config(definitions={"iris": told})).definitions["iris"]
    assert "class_weight" not in plain.model_dump(mode="json")
    assert asked.model_dump(mode="json")["class_weight"] == {"0": 1.0, "-1": 2.5}
    assert parse_experiment(asked.model_dump_json()) == asked


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"epochs": 0}, "my.yaml: definitions.iris.epochs: input should be greater than 0, found 0"),
        ({"epoch": 5}, "my.yaml: definitions.iris.epoch: unknown key; remove it or mend its spelling"),
        (
            {"batch_size": "many"},
            "my.yaml: definitions.iris.batch_size: input should be a valid integer, found 'many'",
        ),
        (
            {"optimizer": {"name": "adam"}},
            "my.yaml: definitions.iris.optimizer.learning_rate: missing; add it",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": -1}},
            "my.yaml: definitions.iris.optimizer.learning_rate: input should be greater than 0, found -1",
        ),
        (
            {"optimizer": {"name": "adam", "learning_rate": {"decay_rate": 0.9}}},
            "my.yaml: definitions.iris.optimizer.learning_rate.name: missing; add it",
        ),
        (
            {"loss": 3},
            "my.yaml: definitions.iris.loss: expected a name and arguments, such as {name: …}, found 3",
        ),
        ({"optimizer": "sgd"}, None),
        ({"epochs": True}, "my.yaml: definitions.iris.epochs: input should be a valid integer, found True"),
        ({"optimizer": {"name": "sgd", "learning_rate": float("inf")}}, None),
        (
            {"metrics": ["mean_absolute_error"]},
            "my.yaml: definitions.iris: metrics: with loss categorical_crossentropy expected any of "
            "categorical_accuracy, categorical_crossentropy, top_k_categorical_accuracy, or of Keras' others "
            "that read the same labels, found mean_absolute_error",
        ),
        ({"epochs": "1e2"}, "my.yaml: definitions.iris.epochs: input should be a valid integer, found '1e2'"),
        (
            {"keep_bits": 23},
            "my.yaml: definitions.iris.keep_bits: input should be less than or equal to 22, found 23",
        ),
        (
            {"record_every": 0},
            "my.yaml: definitions.iris.record_every: input should be greater than 0, found 0",
        ),
        (
            {"record_epochs": [1, 0]},
            "my.yaml: definitions.iris.record_epochs.1: input should be greater than 0, found 0",
        ),
        ({"record_epochs": []}, None),
        ({"record_epochs": 5}, None),
        ({"record_epochs": "1, 5"}, None),
        ({"seeds": [1, 1]}, None),
        ({"seeds": []}, None),
        ({"dataset": "../iris"}, None),
        ({"model": "../iris"}, None),
        ({"model": "mine/{net}.py"}, None),
        ({"name": "other"}, None),
    ],
)
def test_a_mistake_is_one_line(change: dict[str, Any], expected: str | None) -> None:
    found = lines(config(definitions={"iris": experiment(**change)}))
    assert len(found) == 1
    assert found[0].startswith("my.yaml: definitions.iris")
    if expected is not None:
        assert found == [expected]


def test_whole_numbers_as_snakemakes_command_line_gives_them() -> None:
    change = {"epochs": "5", "seeds": ["13", "14"], "keep_bits": "7", "record_every": "2"}
    change |= {"record_epochs": ["1", "5"]}
    chosen = parse_config(config(definitions={"iris": experiment(**change)})).definitions["iris"]
    assert (chosen.epochs, chosen.seeds, chosen.keep_bits, chosen.record_every) == (5, (13, 14), 7, 2)
    assert chosen.record_epochs == (1, 5)


def test_every_mistake_has_its_line() -> None:
    found = lines(
        {"experiments": ["iris"], "definitions": {"iris": experiment(epochs=-1, batch_size=0, x=1)}}
    )
    assert len(found) == 4
    assert "my.yaml: name: missing; add it" in found


@pytest.mark.parametrize("data", [None, [], "text", {"name": "x", "experiments": [], "definitions": {}}])
def test_what_is_no_configuration_at_all(data: Any) -> None:
    assert all(line.startswith("my.yaml: ") for line in lines(data))


def test_an_experiment_may_be_called_like_an_optimizer() -> None:
    found = lines(config(experiments=["adam"], definitions={"adam": experiment(epochs=0)}))
    assert found == ["my.yaml: definitions.adam.epochs: input should be greater than 0, found 0"]


def test_selecting_what_is_not_defined() -> None:
    assert lines(config(experiments=["iris", "cifar"])) == [
        "my.yaml: experiments: expected defined experiments (iris), found cifar"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [", r"my.yaml, line 1: expected YAML"),
        (
            "name: a\nname: b\n",
            r"my.yaml, line 2: expected YAML, found a mistake: the key 'name' is given twice",
        ),
        ("name: \x01", r"my.yaml.*: expected YAML"),
        ("[a]: 1", r"my.yaml, line 1: .* expected a word as a key, found \['a'\]"),
        (None, r"my.yaml: expected a configuration file, found none"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "my.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(GradevoError, match=message):
        read_config(path)


def test_a_slice_that_is_no_json() -> None:
    with pytest.raises(GradevoError, match="expected one experiment as JSON"):
        parse_experiment("{")


def test_reading_gives_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump(config()))
    assert read_config(path) == parse_config(config())


def test_merged_keys_serve_several_experiments_and_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "name: merged\nexperiments: [one, two]\ndefinitions:\n"
        "  one: &one {title: One, dataset: iris, model: iris, batch_size: 5, epochs: 2,\n"
        "    optimizer: {name: sgd, learning_rate: 0.1},\n"
        "    loss: mean_squared_error, metrics: [mean_absolute_error]}\n"
        "  two:\n    <<: *one\n    title: Two\n",
        encoding="utf-8",
    )
    one, two = read_config(path).selected
    assert (one.name, one.title, two.name, two.title) == ("one", "One", "two", "Two")
    assert two.epochs == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"views": ["flow", "flow"]}, "views: expected each value once"),
        ({"health": {"vanishing": 2}}, "health.vanishing"),
        ({"class_weight": {"a": -1}}, "class_weight.a: input should be greater than or equal to 0, found -1"),
        ({"class_weight": [1, 2]}, "class_weight: input should be a valid dictionary"),
        (
            {"class_weight": {"a": 1}, "loss": "huber", "metrics": ["r2_score"]},
            "class_weight: expected a loss or a metric of classes, found loss huber",
        ),
        (
            {"loss": "mean_squared_error", "metrics": ["binary_accuracy", "categorical_accuracy"]},
            "metrics: expected all to read the same labels, found column and one-hot; leave out",
        ),
        ({"graph": {"threshold": -1}}, "graph.threshold"),
        ({"validation": 1}, "validation"),
        ({"stop_below": ".inf"}, "stop_below"),
    ],
)
def test_what_an_experiment_cannot_be(change: dict[str, Any], message: str) -> None:
    iris = read_config(ROOT / "config/default.yaml").definitions["iris"].model_dump(mode="json")
    with pytest.raises(GradevoError, match=message):
        parse_experiment({**iris, "activation_gradients": False, **change})


def test_folders_of_results_are_no_names_of_experiments() -> None:
    iris = read_config(ROOT / "config/default.yaml").definitions["iris"].model_dump(mode="json")
    config = {
        "name": "x",
        "experiments": ["comparison"],
        "definitions": {"comparison": {**iris, "name": "comparison"}},
    }
    with pytest.raises(GradevoError, match="comparison: expected another name"):
        parse_config(config)
