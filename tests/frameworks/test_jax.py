"""What passes an optax chain is in the record, step by step, as a loop without a recorder computes it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

jax = pytest.importorskip("jax", reason="JAX is not installed")
optax = pytest.importorskip("optax", reason="optax is not installed")

import jax.numpy as jnp  # noqa: E402

import gradevo  # noqa: E402
from gradevo import GradevoError, Recorder, Run  # noqa: E402
from gradevo.recording import recorder as module  # noqa: E402

Tree = Any
STEPS = 6


def first_params(dtype: Any = "float32") -> Tree:
    draw = np.random.default_rng(1)
    return {
        "dense": {"kernel": jnp.array(draw.normal(size=(4, 8)), dtype), "bias": jnp.zeros(8, dtype)},
        "dense_1": {"kernel": jnp.array(draw.normal(size=(8, 1)), dtype), "bias": jnp.zeros(1, dtype)},
    }


def batches(steps: int = STEPS, dtype: Any = "float32") -> list[tuple[Any, Any]]:
    draw = np.random.default_rng(2)
    return [
        (
            jnp.array(draw.normal(size=(5 - step % 2, 4)), dtype),
            jnp.array(draw.normal(size=(5 - step % 2, 1)), dtype),
        )
        for step in range(steps)
    ]


def loss_of(params: Tree, x: Any, y: Any) -> Any:
    hidden = jnp.tanh(x @ params["dense"]["kernel"] + params["dense"]["bias"])
    return jnp.mean((hidden @ params["dense_1"]["kernel"] + params["dense_1"]["bias"] - y) ** 2)


def plain(optimizer: Any, params: Tree, data: list[tuple[Any, Any]]) -> tuple[list[Tree], list[float], Tree]:
    """Gradients, losses and the last parameters of a loop without a recorder, without jit."""
    state, gradients, losses = optimizer.init(params), [], []
    for x, y in data:
        loss, gradient = jax.value_and_grad(loss_of)(params, x, y)
        updates, state = optimizer.update(gradient, state, params)
        params = optax.apply_updates(params, updates)
        gradients.append(gradient)
        losses.append(float(loss))
    return gradients, losses, params


def stepper(optimizer: Any, wrap: Callable[[Any], Any]) -> Any:
    def step(params: Tree, state: Any, x: Any, y: Any) -> Any:
        loss, gradient = jax.value_and_grad(loss_of)(params, x, y)
        updates, state = optimizer.update(gradient, state, params, loss=loss, batch_size=len(x))
        return optax.apply_updates(params, updates), state, loss

    return wrap(step)


def flat(tree: Tree) -> dict[str, Any]:
    return {f"{layer}/{name}": np.asarray(one) for layer, of in tree.items() for name, one in of.items()}


def assert_recorded(run: Run, gradients: list[Tree], rtol: float = 2e-5, atol: float = 1e-6) -> None:
    assert run.steps == len(gradients)
    for tensor in run.tensors:
        expected = np.stack([flat(one)[tensor] for one in gradients])
        np.testing.assert_allclose(
            run.read_gradients(tensor, 0, run.steps), expected, rtol, atol, err_msg=tensor
        )


@pytest.mark.parametrize("wrap", [jax.jit, lambda step: step, partial(jax.jit, donate_argnums=(0, 1))])
@pytest.mark.parametrize("place", ["front", "nested", "around"])
def test_raw_gradients_and_numbers_of_every_step_are_recorded(tmp_path: Path, wrap: Any, place: str) -> None:
    params, data = first_params(), batches()
    after = optax.chain(optax.clip_by_global_norm(0.1), optax.adam(0.01))
    gradients, losses, last = plain(after, params, data)
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = {
            "front": lambda: optax.chain(gradevo.jax.record(recorder), after),
            "nested": lambda: optax.chain(optax.chain(gradevo.jax.record(recorder)), after),
            "around": lambda: gradevo.jax.record(recorder, after),
        }[place]()
        step, state = stepper(optimizer, wrap), optimizer.init(params)
        for number, (x, y) in enumerate(data):
            params, state, _ = step(params, state, x, y)
            if number == 3:
                recorder.end_epoch(params, train={"loss": 1})
        recorder.end_epoch(params)
    for one, expected in zip(jax.tree.leaves(params), jax.tree.leaves(last), strict=True):
        np.testing.assert_allclose(one, expected, rtol=2e-5, atol=1e-6)  # training is not changed
    with Run(tmp_path / "run.h5") as run:
        assert run.timeline.stops.tolist() == [4, 6]
        assert_recorded(run, gradients)
        np.testing.assert_allclose(run.step("loss"), losses, rtol=2e-5)
        assert run.step("batch_size").tolist() == [5, 4] * 3
        for tensor in run.tensors:
            np.testing.assert_array_equal(run.weights(tensor, 2), flat(params)[tensor])
        assert run.norms == (("updates",) if place == "around" else ())


def test_the_parameters_are_those_of_a_training_without_a_recorder_to_the_last_bit(tmp_path: Path) -> None:
    data = batches()
    optimizer = optax.chain(optax.clip_by_global_norm(0.1), optax.adam(0.01))

    def trained(optimizer: Any) -> Tree:
        params = first_params()
        step, state = stepper(optimizer, jax.jit), optimizer.init(params)
        for x, y in data:
            params, state, _ = step(params, state, x, y)
        return params

    with Recorder(tmp_path / "run.h5", first_params()) as recorder:
        found = trained(optax.chain(gradevo.jax.record(recorder), optimizer))
    for one, expected in zip(
        jax.tree.leaves(found),
        jax.tree.leaves(trained(optax.with_extra_args_support(optimizer))),
        strict=True,
    ):
        np.testing.assert_array_equal(one, expected)


def test_norms_of_updates_are_those_of_the_weights(tmp_path: Path) -> None:
    params = first_params()
    rows = [params]
    with Recorder(tmp_path / "run.h5", params, exclude=["dense_1*"]) as recorder:
        optimizer = gradevo.jax.record(recorder, optax.adam(0.1))
        step, state = stepper(optimizer, jax.jit), optimizer.init(params)
        for x, y in batches():
            params, state, _ = step(params, state, x, y)
            rows.append(params)
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == ("dense/kernel", "dense/bias")
        for tensor in run.tensors:
            weights = np.stack([flat(row)[tensor].reshape(-1) for row in rows]).astype(np.float64)
            expected = np.linalg.norm(np.diff(weights, axis=0), axis=1)
            np.testing.assert_allclose(run.step(f"updates/{tensor}"), expected, rtol=1e-5)


def test_behind_another_transformation_its_result_is_recorded(tmp_path: Path) -> None:
    params, data = first_params(), batches()
    gradients, _, _ = plain(optax.identity(), params, data[:1])
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = optax.chain(optax.scale(3.0), gradevo.jax.record(recorder), optax.scale(0.0))
        state = optimizer.init(params)
        gradient = jax.grad(loss_of)(params, *data[0])
        jax.jit(optimizer.update)(gradient, state, params)
    with Run(tmp_path / "run.h5") as run:
        assert_recorded(run, [jax.tree.map(lambda one: 3 * one, gradients[0])])
        assert np.isnan(run.step("loss")).all()  # not told
        assert run.step("batch_size").tolist() == [-1]


def test_no_step_is_lost_and_all_are_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_STEPS", 64)
    with Recorder(tmp_path / "run.h5", {"w": jnp.zeros(3)}) as recorder:
        optimizer = gradevo.jax.record(recorder)
        update = jax.jit(
            lambda number: optimizer.update({"w": jnp.full(3, number)}, (), loss=number)[0]["w"][0]
        )
        for number in range(2000):
            update(float(number))
            if number % 500 == 499:
                recorder.end_epoch({"w": jnp.zeros(3)})
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("w", 0, 2000)[:, 0].tolist() == list(range(2000))
        assert run.step("loss").tolist() == list(range(2000))
        assert run.timeline.stops.tolist() == [500, 1000, 1500, 2000]


def test_steps_inside_one_compiled_loop_are_recorded(tmp_path: Path) -> None:
    params = first_params()
    data = batches(1) * STEPS
    gradients, losses, _ = plain(optax.sgd(0.1), params, data)
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = optax.chain(gradevo.jax.record(recorder), optax.sgd(0.1))
        step = stepper(optimizer, lambda step: step)

        @jax.jit
        def epoch(params: Tree, state: Any, xs: Any, ys: Any) -> Any:
            def body(carry: Any, batch: Any) -> Any:
                params, state, loss = step(*carry, *batch)
                return (params, state), loss

            return jax.lax.scan(body, (params, state), (xs, ys))

        stacked = [jnp.stack(column) for column in zip(*data, strict=True)]
        (params, _), _ = epoch(params, optimizer.init(params), *stacked)
        recorder.end_epoch(params)
    with Run(tmp_path / "run.h5") as run:
        assert_recorded(run, gradients)
        np.testing.assert_allclose(run.step("loss"), losses, rtol=2e-5)


def test_in_front_of_accumulation_every_mini_batch_is_a_step(tmp_path: Path) -> None:
    params, data = first_params(), batches(4)
    gradients, _, _ = plain(optax.set_to_zero(), params, data)
    with Recorder(tmp_path / "run.h5", params) as recorder:
        accumulating = optax.MultiSteps(optax.sgd(0.1), every_k_schedule=4).gradient_transformation()
        optimizer = gradevo.jax.record(recorder, accumulating)
        state, update = optimizer.init(params), jax.jit(optimizer.update)
        for x, y in data:
            _, state = update(jax.grad(loss_of)(params, x, y), state, params)
    with Run(tmp_path / "run.h5") as run:
        assert_recorded(run, gradients)
        mean = np.mean([one["dense"]["kernel"] for one in gradients], axis=0)
        expected = [0, 0, 0, 0.1 * np.linalg.norm(mean)]  # the update of all four
        np.testing.assert_allclose(run.step("updates/dense/kernel"), expected, rtol=1e-5)


def test_numbers_are_told_where_something_else_calls_update(tmp_path: Path) -> None:
    params, data = first_params(), batches()
    gradients, losses, _ = plain(optax.sgd(0.1), params, data)
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = optax.chain(gradevo.jax.record(recorder), optax.sgd(0.1))

        @jax.jit
        def step(params: Tree, state: Any, x: Any, y: Any) -> Any:
            loss, gradient = jax.value_and_grad(loss_of)(params, x, y)
            gradevo.jax.tell(recorder, loss=loss, temperature=2 * loss)
            updates, state = optimizer.update(gradient, state, params)
            return optax.apply_updates(params, updates), state

        state = optimizer.init(params)
        for x, y in data:
            params, state = step(params, state, x, y)
        gradevo.jax.tell(recorder, loss=7.0)
        optimizer.update(gradients[0], state, params)
        optimizer.update(gradients[0], state, params)
    with Run(tmp_path / "run.h5") as run:
        np.testing.assert_allclose(run.step("loss"), [*losses, 7, np.nan], rtol=2e-5)
        np.testing.assert_allclose(run.step("temperature")[:STEPS], 2 * np.array(losses), rtol=2e-5)


def test_the_loss_may_have_the_name_that_optax_gives_it(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", {"w": jnp.ones(2)}) as recorder:
        optimizer = optax.chain(
            gradevo.jax.record(recorder), optax.sgd(0.1), optax.contrib.reduce_on_plateau(patience=1)
        )
        state = optimizer.init({"w": jnp.ones(2)})
        for loss in (3.0, 2.0):
            _, state = optimizer.update({"w": jnp.ones(2)}, state, value=loss, learning_rate=0.1)
    with Run(tmp_path / "run.h5") as run:
        assert run.step("loss").tolist() == [3, 2]
        np.testing.assert_allclose(run.step("learning_rate"), 0.1, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_recorded_as_it_is(tmp_path: Path, dtype: str) -> None:
    params, data = first_params(dtype), batches(dtype=dtype)
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = gradevo.jax.record(recorder, optax.sgd(0.1))
        step, state = stepper(optimizer, jax.jit), optimizer.init(params)
        expected = []
        for x, y in data:
            expected.append(jax.jit(jax.grad(loss_of))(params, x, y))
            params, state, _ = step(params, state, x, y)
        recorder.end_epoch(params)
    assert params["dense"]["kernel"].dtype == dtype
    with Run(tmp_path / "run.h5") as run:
        assert run.dtype == "float32"
        wide = [jax.tree.map(lambda one: one.astype("float32"), one) for one in expected]
        assert_recorded(run, wide, rtol=2e-2, atol=1e-2)
        bits = run.read_gradients("dense/kernel", 0, STEPS)
        np.testing.assert_array_equal(bits, bits.astype(dtype).astype("float32"))
        np.testing.assert_array_equal(
            run.weights("dense/kernel", 1), params["dense"]["kernel"].astype("float32")
        )


def test_float64_is_recorded_in_full(tmp_path: Path) -> None:
    with jax.enable_x64(True):
        params, data = first_params("float64"), batches(dtype="float64")
        gradients, losses, _ = plain(optax.sgd(0.1), params, data)
        with Recorder(tmp_path / "run.h5", params) as recorder:
            optimizer = optax.chain(gradevo.jax.record(recorder), optax.sgd(0.1))
            step, state = stepper(optimizer, jax.jit), optimizer.init(params)
            for x, y in data:
                params, state, _ = step(params, state, x, y)
            recorder.end_epoch(params)
    with Run(tmp_path / "run.h5") as run:
        assert run.dtype == "float64"
        assert_recorded(run, gradients, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(run.step("loss"), losses, rtol=1e-12)


def test_large_gradients_do_not_block(tmp_path: Path) -> None:
    """Over a megabyte a tensor JAX hands arrays over asynchronously, also to a callback."""
    params = {f"w{number}": jnp.zeros(500_000) for number in range(6)}
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = optax.chain(gradevo.jax.record(recorder), optax.sgd(0.1))

        @jax.jit
        def step(params: Tree, state: Any, number: Any) -> Any:
            gradients = jax.tree.map(lambda one: jnp.full_like(one, number), params)
            updates, state = optimizer.update(gradients, state, params)
            return optax.apply_updates(params, updates), state

        state = optimizer.init(params)
        for number in range(20):
            params, state = step(params, state, float(number))
        recorder.end_epoch(params)
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("w5", 0, 20)[:, -1].tolist() == list(range(20))


# Trees of all kinds


def test_flax_linen_parameters(tmp_path: Path) -> None:
    nn = pytest.importorskip("flax.linen", reason="Flax is not installed")
    from flax.training.train_state import TrainState

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x: Any) -> Any:
            return nn.Dense(1)(nn.relu(nn.Dense(8)(x)))

    net, data = Net(), batches()
    params = net.init(jax.random.key(0), data[0][0])["params"]

    def loss_of(params: Tree, x: Any, y: Any) -> Any:
        return jnp.mean((net.apply({"params": params}, x) - y) ** 2)

    with Recorder(tmp_path / "run.h5", params) as recorder:
        assert set(recorder.tensors) == {"Dense_0/kernel", "Dense_0/bias", "Dense_1/kernel", "Dense_1/bias"}
        optimizer = optax.chain(gradevo.jax.record(recorder), optax.sgd(0.1))
        state = TrainState.create(apply_fn=net.apply, params=params, tx=optimizer)

        @jax.jit
        def step(state: Any, x: Any, y: Any) -> Any:
            loss, gradients = jax.value_and_grad(loss_of)(state.params, x, y)
            gradevo.jax.tell(recorder, loss=loss)
            return state.apply_gradients(grads=gradients), (loss, gradients)

        expected = []
        for x, y in data:
            state, out = step(state, x, y)
            expected.append(out)
        recorder.end_epoch(state.params)
    with Run(tmp_path / "run.h5") as run:
        assert run.tensors == tuple(recorder.tensors)
        assert_recorded(run, [gradients for _, gradients in expected])
        np.testing.assert_array_equal(run.step("loss"), [float(loss) for loss, _ in expected])
        np.testing.assert_array_equal(run.weights("Dense_1/kernel", 1), state.params["Dense_1"]["kernel"])


def test_flax_nnx_state(tmp_path: Path) -> None:
    nnx = pytest.importorskip("flax.nnx", reason="Flax is not installed")

    class Net(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.first = nnx.Linear(4, 8, rngs=rngs)
            self.norm = nnx.BatchNorm(8, rngs=rngs)
            self.drop = nnx.Dropout(0.1, rngs=rngs)
            self.last = nnx.Linear(8, 1, use_bias=False, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            return self.last(self.drop(nnx.relu(self.norm(self.first(x)))))

    net = Net(nnx.Rngs(0))
    with Recorder(tmp_path / "run.h5", nnx.state(net, nnx.Param)) as recorder:
        assert recorder.tensors == {
            "first/bias": (8,),
            "first/kernel": (4, 8),
            "last/kernel": (8, 1),
            "norm/bias": (8,),
            "norm/scale": (8,),
        }
        optimizer = nnx.Optimizer(
            net, optax.chain(gradevo.jax.record(recorder), optax.sgd(0.1)), wrt=nnx.Param
        )

        @nnx.jit
        def step(net: Any, optimizer: Any, x: Any, y: Any) -> Any:
            loss, gradients = nnx.value_and_grad(lambda net: jnp.mean((net(x) - y) ** 2))(net)
            optimizer.update(net, gradients, loss=loss)
            return loss, gradients

        expected = []
        for x, y in batches():
            expected.append(step(net, optimizer, x, y))
        recorder.end_epoch(nnx.state(net, nnx.Param))
    with Run(tmp_path / "run.h5") as run:
        assert run.steps == STEPS
        np.testing.assert_array_equal(run.step("loss"), [float(loss) for loss, _ in expected])
        kernels = np.stack([np.asarray(gradients["first"]["kernel"]) for _, gradients in expected])
        np.testing.assert_array_equal(run.read_gradients("first/kernel", 0, STEPS), kernels)
        np.testing.assert_array_equal(run.weights("last/kernel", 1), np.asarray(net.last.kernel[...]))


def test_plain_trees_with_none_integers_and_masked_leaves(tmp_path: Path) -> None:
    params = {"a": (jnp.ones(2), None), "b": [jnp.ones(()), jnp.arange(3)], "c": jnp.ones(1)}
    gradients = {"a": (jnp.full(2, 2.0), None), "b": [jnp.array(3.0), None], "c": jnp.full(1, 4.0)}
    with Recorder(tmp_path / "run.h5", params) as recorder:
        assert recorder.tensors == {"a/0": (2,), "b/0": (), "c": (1,)}
        whole = gradevo.jax.record(recorder)
        jax.jit(whole.update)(gradients, whole.init(params))
        part = optax.masked(gradevo.jax.record(recorder), {"a": (True, None), "b": [False, False], "c": True})
        jax.jit(part.update)(gradients, part.init(gradients))
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("a/0", 0, 2).tolist() == [[2, 2], [2, 2]]
        assert run.read_gradients("b/0", 0, 2).tolist() == [3, 0]
        assert run.read_gradients("c", 0, 2).tolist() == [[4], [4]]


def test_names_that_collide_are_told_apart_under_jit(tmp_path: Path) -> None:
    params = {"b.c": jnp.ones(2), "b": {"c": jnp.ones(2)}, "b/c/d": jnp.ones(2)}
    with Recorder(tmp_path / "run.h5", params) as recorder:
        optimizer = gradevo.jax.record(recorder)
        gradients = {"b.c": jnp.full(2, 1.0), "b": {"c": jnp.full(2, 2.0)}, "b/c/d": jnp.full(2, 3.0)}
        jax.jit(optimizer.update)(gradients, optimizer.init(params))
    with Run(tmp_path / "run.h5") as run:
        found = {tensor: float(run.read_gradients(tensor, 0, 1)[0, 0]) for tensor in run.tensors}
    assert found == {"b/c_2": 1, "b/c_3": 2, "b/c/d": 3}


# What goes wrong


def test_another_tree_is_refused_while_jax_traces(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", {"w": jnp.ones((2, 3))}) as recorder:
        update = jax.jit(gradevo.jax.record(recorder).update)
        with pytest.raises(
            GradevoError, match=r"w: expected the shape of the weights, \(2, 3\), found \(3, 2\)"
        ):
            update({"w": jnp.ones((3, 2))}, ())
        with pytest.raises(GradevoError, match="the tree of the weights, found v, which these do not have"):
            update({"v": jnp.ones((2, 3))}, ())
        update({"w": jnp.ones((2, 3))}, ())
    with Run(tmp_path / "run.h5") as run:
        assert run.steps == 1


def test_what_fails_while_a_step_is_recorded_is_raised_at_the_end_of_the_epoch_at_the_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "run.h5", {"w": jnp.ones(2)})
    update = jax.jit(gradevo.jax.record(recorder).update)
    update({"w": jnp.ones(2)}, ())
    recorder.end_epoch({"w": jnp.ones(2)})

    def full(*_: Any, **__: Any) -> None:
        raise GradevoError("the disk is full")

    monkeypatch.setattr(recorder, "step", full)
    with pytest.raises(jax.errors.JaxRuntimeError, match="the disk is full"):
        jax.block_until_ready(update({"w": jnp.ones(2)}, ()))
    with pytest.raises(GradevoError, match="the disk is full"), recorder:
        recorder.end_epoch({"w": jnp.ones(2)})
    with Run(tmp_path / "run.partial.h5") as run:
        assert (run.epochs, run.steps) == (1, 1)


def test_a_step_compiled_for_a_record_that_has_ended_is_an_error(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.h5", {"w": jnp.ones(2)}) as recorder:
        update = jax.jit(gradevo.jax.record(recorder).update)
        update({"w": jnp.ones(2)}, ())
    with pytest.raises(jax.errors.JaxRuntimeError, match="expected a record that goes on"):
        jax.block_until_ready(update({"w": jnp.ones(2)}, ()))


def test_an_exception_in_the_loop_leaves_the_complete_epochs(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run.h5", {"w": jnp.ones(2)})
    update = jax.jit(gradevo.jax.record(recorder).update)
    update({"w": jnp.ones(2)}, ())
    recorder.end_epoch({"w": jnp.ones(2)})
    for _ in range(50):
        update({"w": jnp.ones(2)}, ())
    with pytest.raises(KeyboardInterrupt), recorder:
        raise KeyboardInterrupt
    with Run(tmp_path / "run.partial.h5") as run:
        assert (run.epochs, run.steps) == (1, 1)


SCRIPT = '''
"""python script.py FOLDER KILL_AFTER: trains to 4 epochs, restores its own checkpoint, kills itself."""
import os, signal, sys
from pathlib import Path
import jax, jax.numpy as jnp, numpy as np, optax
import gradevo

folder, kill_after = Path(sys.argv[1]), int(sys.argv[2])
checkpoint = folder / "w.npy"
w = jnp.array(np.load(checkpoint)) if checkpoint.exists() else jnp.linspace(1, 2, 8)
with gradevo.Recorder(folder / "run.h5", {"w": w}) as recorder:
    optimizer = gradevo.jax.record(recorder, optax.sgd(0.1))

    @jax.jit
    def step(w, state, x):
        loss, gradient = jax.value_and_grad(lambda w: jnp.sum((w - x) ** 2))(w)
        updates, state = optimizer.update({"w": gradient}, state, loss=loss)
        return w + updates["w"], state

    state = optimizer.init({"w": w})
    print(recorder.epochs_complete, flush=True)
    for epoch in range(recorder.epochs_complete + 1, 5):
        for number in range(5):
            w, state = step(w, state, number / 3)
            if epoch == kill_after + 1 and number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
        np.save(checkpoint, w)
        recorder.end_epoch({"w": w}, train={"loss": 1})
'''


def test_a_killed_process_goes_on_with_its_restored_parameters(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    outputs = []
    for folder, kill_after in (("whole", 9), ("killed", 2), ("killed", 9)):
        (tmp_path / folder).mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, script, tmp_path / folder, str(kill_after)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ},
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        outputs.append((done.returncode, int(done.stdout)))
    assert outputs == [(0, 0), (-signal.SIGKILL, 0), (0, 2)]
    with Run(tmp_path / "whole/run.h5") as whole, Run(tmp_path / "killed/run.h5") as killed:
        assert (killed.epochs, killed.steps) == (whole.epochs, whole.steps) == (4, 20)
        np.testing.assert_array_equal(killed.read_gradients("w", 0, 20), whole.read_gradients("w", 0, 20))
        np.testing.assert_array_equal(killed.step("loss"), whole.step("loss"))
        np.testing.assert_array_equal(killed.step("updates/w"), whole.step("updates/w"))


def test_gradevo_alone_does_not_load_jax() -> None:
    code = (
        "import sys, gradevo; gradevo.Recorder; assert not {'jax', 'optax', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


SHARDED = """
import sys
import jax, jax.numpy as jnp, numpy as np, optax
from jax.sharding import NamedSharding, PartitionSpec
import gradevo

mesh = jax.make_mesh((2,), ("data",))
everywhere, split = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in ((), ("data",)))
w = jax.device_put(jnp.ones(4), everywhere)
with gradevo.Recorder(sys.argv[1], {"w": w}) as recorder:
    optimizer = gradevo.jax.record(recorder)

    @jax.jit
    def step(w, x):
        loss, gradient = jax.value_and_grad(lambda w: jnp.mean(x @ w))(w)
        return w + 0 * optimizer.update({"w": gradient}, (), loss=loss)[0]["w"]

    for number in range(20):
        w = step(w, jax.device_put(jnp.full((8, 4), float(number)), split))
"""


def test_data_split_over_devices_is_recorded_once(tmp_path: Path) -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    subprocess.run([sys.executable, "-c", SHARDED, tmp_path / "run.h5"], check=True, env=environment)
    with Run(tmp_path / "run.h5") as run:
        assert run.read_gradients("w", 0, 99)[:, 0].tolist() == list(range(20))
        assert run.step("loss").tolist() == [4 * number for number in range(20)]
