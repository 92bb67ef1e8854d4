"""A step: what it changes, and if it is refused or fails, what it says and that nothing of it remains."""

import weakref

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.data import DataLoader, TensorDataset
from tinygrad_cnn.train import Accuracy, Callback, Metric, Trainer
from tinygrad_cnn.train.steps import KeptBuffers

NAN = float("nan")


def normed():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))


def trainer(model, **kwargs):
    return Trainer(model, optim.Adam(model.parameters(), lr=0.01), F.cross_entropy, **kwargs)


def sgd(model, **kwargs):
    return Trainer(model, optim.SGD(model.parameters(), lr=0.5), F.cross_entropy, **kwargs)


def weights(model):
    return [p.detach().numpy().copy() for p in model.parameters()]


def assert_same(found, expected):
    for p, q in zip(found, expected, strict=True):
        np.testing.assert_array_equal(p, q)


def everything(run):
    """Return the bits of what a step changes."""
    tensors = [*run.model.parameters(), *run.model.buffers()]
    state = [v.tolist() if isinstance(v, tg.Tensor) else v for s in run.optimizer.state.values() for v in s.values()]
    return [one.detach().numpy().tobytes() for one in tensors], state, [p.grad for p in run.model.parameters()]


def batch(bad=None):
    x, t = tg.randn(8, 2), tg.randint(0, 2, (8,))
    if bad is not None:
        x[5, 1] = bad
    return x, t


class Poison(Callback):
    """Makes a gradient infinite."""

    def before_step(self, trainer):
        if trainer.step == 2:
            next(trainer.model.parameters()).grad[0, 0] = float("inf")


class Broken(Metric):
    """Resets, but cannot count."""

    def reset(self):
        pass


class Fail(Callback):
    def before_step(self, trainer):
        if trainer.step == 2:
            raise OSError("no space")


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize(
    "why", ["a NaN in the inputs", "an infinite gradient", "an error", "a forward that fails", "a metric that fails"]
)
def test_nothing_of_a_refused_step_remains(why, accumulate):
    callbacks = {"an infinite gradient": [Poison()], "an error": [Fail()]}.get(why, [])
    run = trainer(normed(), accumulate=accumulate, metrics={"accuracy": Accuracy()})
    good = [batch() for _ in range(2 * accumulate)]
    last = batch(NAN) if why.startswith("a NaN") else batch()
    if why == "a forward that fails":
        last = tg.randn(8, 2), tg.full((8,), 7).long()  # no such class: the loss fails when the statistics have moved
    run.fit(good, 1)
    run.optimizer.zero_grad()
    before = everything(run)
    run.callbacks = callbacks
    if why == "a metric that fails":
        run.running.metrics["other"] = Broken()
    parts = [last] if accumulate == 1 else [batch(), last]
    with pytest.raises((FloatingPointError, OSError, IndexError, NotImplementedError)):
        run.fit(parts, 2)
    assert everything(run) == before
    run.callbacks = []
    run.running.metrics.pop("other", None)
    run.fit([batch()], 2)
    assert all(np.isfinite(buffer.numpy()).all() for buffer in run.model.buffers())
    assert everything(run) != before


def test_large_buffers_are_copied_when_a_write_was_noted_and_replaced_ones_come_back():
    model = nn.Module()
    model.register_buffer("large", tg.zeros(300, 300))
    model.register_buffer("small", tg.zeros(3))
    model.register_buffer("none", None)
    kept = KeptBuffers(model)
    kept.keep()
    small = model.small
    for _ in range(2):
        model.large.add_(1)
        model.small.numpy()[:] = 7  # unnoted
        kept.keep()
    model.large.add_(5)
    model.small.add_(5)
    model.small = tg.ones(4)
    kept.restore()
    assert model.large.numpy().tolist() == np.full((300, 300), 2).tolist()
    assert model.small is small
    assert model.small.tolist() == [7, 7, 7]


def test_a_large_buffer_is_copied_once_for_each_noted_write():
    model = nn.Module()
    model.register_buffer("large", tg.zeros(300, 300))
    kept = KeptBuffers(model)
    kept.keep()
    model.large.add_(1)
    kept.keep()
    model.large.numpy()[:] = 7  # unnoted
    kept.keep()
    kept.restore()
    assert model.large.numpy().max() == 1


def test_a_buffer_whose_memory_was_replaced_gets_its_own_back():
    model = nn.Module()
    model.register_buffer("small", tg.ones(3))
    kept = KeptBuffers(model)
    kept.keep()
    array, version = model.small.array, versions.version(model.small.array)
    model.small.data = tg.zeros(3)
    kept.restore()
    assert model.small.array is array
    assert model.small.tolist() == [1, 1, 1]
    assert versions.version(array) > version, "what was saved for backward before is out of date"


def test_the_inputs_of_earlier_batches_are_let_go_before_the_step():
    held = []

    class Look(Callback):
        def before_step(self, trainer):
            held.append([array() is not None for array in arrays])

    arrays = []

    def batches():
        for _ in range(3):
            x, t = batch()
            arrays.append(weakref.ref(x))
            yield x, t
            del x, t

    trainer(normed(), accumulate=3, callbacks=[Look()]).fit(batches(), 1)
    assert held == [[False, False, True]]


@pytest.mark.parametrize(
    ("pack", "place"),
    [
        (lambda x, t: (x, t), r"the inputs hold nan at index \(5, 1\), and 1 of their 16 values are not finite"),
        (lambda x, t: ((tg.ones(2), [x]), t), r"inputs\[1\]\[0\] hold nan at index \(5, 1\)"),
        (lambda x, t: ({"left": x}, t), r"inputs\['left'\] hold nan"),
        (lambda x, t: (tg.ones(8, 2), x), r"the targets hold nan at index \(5, 1\)"),
    ],
)
def test_what_is_not_finite_in_a_batch_is_named(pack, place):
    class Any(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            x = x["left"] if isinstance(x, dict) else x[1][0] if isinstance(x, tuple) else x
            return self.layer(x)

    model = Any()

    def loss(y, t):
        return F.mse_loss(y, t) if t.is_floating_point() else F.cross_entropy(y, t)

    run = Trainer(model, optim.SGD(model.parameters(), lr=0.1), loss)
    with pytest.raises(
        FloatingPointError, match=rf"the loss is nan at step 2, in epoch 1; .* In batch 2 .*{place}"
    ) as e:
        run.fit([pack(*batch()), pack(*batch(NAN))], 1)
    assert "learning rate" not in str(e.value)


def test_a_rate_that_is_too_high_is_still_said():
    model = nn.Linear(2, 2)
    run = Trainer(model, optim.SGD(model.parameters(), lr=1e38), F.mse_loss)
    with pytest.raises(FloatingPointError, match="A lower learning rate or scaled inputs usually help"):
        run.fit([(tg.randn(4, 2), tg.randn(4, 2))] * 5, 1)


def test_an_optimizer_with_a_step_of_its_own_steps_and_its_gradients_are_checked():
    class Plain(optim.SGD):
        def step(self):
            super().step()

    model, twin = nn.Linear(2, 2), nn.Linear(2, 2)
    twin.load_state_dict(model.state_dict())
    x, t = batch()
    Trainer(model, Plain(model.named_parameters(), lr=0.1), F.cross_entropy).fit([(x, t)], 3)
    Trainer(twin, optim.SGD(twin.named_parameters(), lr=0.1), F.cross_entropy).fit([(x, t)], 3)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-6)
    before = model.weight.tolist()
    run = Trainer(model, Plain(model.named_parameters(), lr=0.1), lambda y, t: (y - y.detach()).sqrt().sum())
    with pytest.raises(FloatingPointError, match="Plain: expected finite gradients"):
        run.fit([(x, t)], 1)
    assert model.weight.tolist() == before


def test_losses_that_are_no_number_are_refused():
    x, t = batch()
    model = nn.Linear(2, 2)

    def run(loss, model=model):
        Trainer(model, optim.SGD(nn.Linear(1, 1).parameters()), loss).fit([(x, t)], 1)

    with pytest.raises(ValueError, match=r"one number of CrossEntropyLoss, got shape \(8,\); use reduction='mean' or"):
        run(nn.CrossEntropyLoss(reduction="none"))

    def forgetful(y, t):
        F.cross_entropy(y, t)

    with pytest.raises(TypeError, match=r"a tensor of .*forgetful, got NoneType; is a return missing\?"):
        run(forgetful)

    class Forgetful(nn.Linear):
        def forward(self, x):
            super().forward(x)

    with pytest.raises(TypeError, match=r"outputs of Forgetful, got None; is a return missing\?"):
        run(F.cross_entropy, Forgetful(2, 2))
    with pytest.raises(ValueError, match="use reduction='mean' or 'sum'"):
        Trainer(model, optim.SGD(model.parameters()), nn.CrossEntropyLoss(reduction="none")).evaluate([(x, t)])


@pytest.mark.parametrize("size", [4, 40])
def test_images_of_another_size_are_pointed_out(size):
    model = nn.Sequential(nn.Conv2d(1, 2, 5), nn.Flatten(), nn.Linear(2 * 4 * 4, 2))
    loader = DataLoader(TensorDataset(tg.randn(4, 1, size, size), tg.zeros(4).long()))
    with pytest.raises(RuntimeError) as caught:
        trainer(model).fit(loader, 1)
    assert any(f"{size}×{size}" in note and "transforms.Resize" in note for note in caught.value.__notes__)
    with pytest.raises(IndexError) as caught:  # an error that is not about sizes is left alone
        trainer(nn.Sequential(nn.Flatten(), nn.Linear(4, 2))).fit([(tg.ones(1, 1, 2, 2), tg.tensor([5]))], 1)
    assert not any("Resize" in note for note in getattr(caught.value, "__notes__", []))


@pytest.mark.parametrize("shape", [(5, 3), (1, 1, 2, 2)])
def test_an_error_of_other_inputs_or_about_something_else_says_nothing_of_the_size_of_images(shape):
    class Picky(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x):
            if x.ndim == 4:
                raise RuntimeError("out of luck")
            return self.layer(x)

    x = tg.ones(*shape)
    with pytest.raises(RuntimeError, match="in_features=4|out of luck") as caught:
        trainer(Picky()).fit([(x, tg.zeros(len(x)).long())], 1)
    assert not any("Resize" in note for note in getattr(caught.value, "__notes__", []))


@pytest.mark.parametrize("size", [30, 16, 7])
def test_accumulated_steps_equal_those_of_the_large_batch(points, size):
    """Batches of 7 or 16 leave a smaller one at the end: its samples count as much as the others'."""
    dataset = TensorDataset(points[0].double(), points[1])
    model, twin = nn.Linear(2, 2).double(), nn.Linear(2, 2).double()
    twin.load_state_dict(model.state_dict())
    many = -(-60 // size)
    small = sgd(model, accumulate=many).fit(DataLoader(dataset, batch_size=size), 5)
    large = sgd(twin).fit(DataLoader(dataset, batch_size=60), 5)
    assert len(small.loss) == len(large.loss) == 5
    np.testing.assert_allclose(small.loss, large.loss, rtol=1e-12)
    for p, q in zip(weights(model), weights(twin), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_non_finite_loss_stops_before_the_step(points, accumulate):
    x, t = points
    bad = x.clone()
    bad[0] = float("nan")
    model = nn.Linear(2, 2)
    before = weights(model)
    run = sgd(model, accumulate=accumulate)
    batches = [(bad, t)] if accumulate == 1 else [(x, t), (bad, t)]
    with pytest.raises(FloatingPointError, match="the loss is nan at step 1, in epoch 1; the parameters are those bef"):
        run.fit(batches, 1)
    assert_same(weights(model), before)
    assert run.history.loss == []


def test_a_non_finite_gradient_stops_before_the_step():
    model = nn.Linear(1, 1)
    before = weights(model)
    run = Trainer(model, optim.SGD(model.named_parameters(), lr=1.0), lambda y, t: (y - y.detach()).sqrt().sum())
    with pytest.raises(FloatingPointError, match=r"finite gradients, got .*weight.*at step 1, in epoch 1"):
        run.fit([(tg.ones(1, 1), tg.zeros(1))], 1)
    assert_same(weights(model), before)


def test_every_step_changes_the_parameters_by_rate_times_gradient(points):
    model = nn.Linear(2, 2)
    before = weights(model)
    x, t = points
    gradients = tg.autograd.grad(F.cross_entropy(model(x), t), list(model.parameters()))
    run = sgd(model)
    run.fit([points], 1)
    for p, old, g in zip(model.parameters(), before, gradients, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), old - 0.5 * g.numpy(), rtol=1e-6)
        assert not np.array_equal(p.detach().numpy(), old)
    assert (run.samples, run.lr, run.step) == (60, 0.5, 1)
