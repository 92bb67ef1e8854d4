"""Steps of all parameters together: what they change is what the NumPy form changes one by one."""

import numpy as np
import pytest
from kernel_forms import agree, needs_compiler, same_bits_on_any_threads, spread_out

import tinygrad_cnn as tc
from tinygrad_cnn import nn, optim
from tinygrad_cnn.autograd import versions
from tinygrad_cnn.backends.kernels import kernels_of

pytestmark = needs_compiler

SHAPES = [(3, 5), (), (17,), (2, 3, 4), (70_001,), (0, 3)]

SETTINGS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.2, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.2}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.5, "amsgrad": True}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.5, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.2, "maximize": True}),
    ("RMSprop", {"lr": 0.1, "centered": True}),
    ("RMSprop", {"lr": 0.1, "centered": True, "momentum": 0.5, "alpha": 0.7}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.3, "initial_accumulator_value": 0.5, "weight_decay": 0.2}),
    ("Adagrad", {"maximize": True}),
    ("Adadelta", {"rho": 0.5, "weight_decay": 0.2}),
    ("Adadelta", {"eps": 1e-3, "maximize": True}),
]
every = pytest.mark.parametrize(("name", "settings"), SETTINGS, ids=str)


def parameters(shapes=SHAPES):
    source = np.random.default_rng(0)
    return [nn.Parameter(tc.tensor(np.asarray(source.standard_normal(shape), np.float32))) for shape in shapes]


def give_gradients(params, step, without=()):
    source = np.random.default_rng(step)
    for i, p in enumerate(params):
        g = np.asarray(source.standard_normal(p.shape), np.float32)
        p.grad = None if i in without else tc.tensor(g * np.float32(0.1 if step > 1 else 1))


def train(mode, name, settings, params=None, steps=4, without=()):
    """Return parameters and optimizer after steps with kernels of `mode`, the first without some gradients."""
    params = parameters() if params is None else params
    optimizer = getattr(optim, name)(params, **settings)
    with kernels_of(mode):
        for step in range(steps):
            give_gradients(params, step, () if step else without)
            optimizer.step()
    return params, optimizer


def agree_entirely(found, expected):
    """Check parameters and state; of many elements some have a d that cancels to next to 0, but a large d / √d²."""
    (ours, mine), (theirs, reference) = found, expected
    for p, q in zip(ours, theirs, strict=True):
        agree(p.array, q.array, rtol=2e-5, atol=2e-6 if p.numel() < 100 else 3e-4)
        state, wanted = mine.state.get(p, {}), reference.state.get(q, {})
        assert set(state) == set(wanted)
        for key, value in wanted.items():
            if key == "step":
                assert state[key] == value
            else:
                agree(state[key].array, value.array, rtol=2e-5, atol=2e-6 if p.numel() < 100 else 3e-4)


@pytest.fixture
def one_by_one(monkeypatch):
    """Count the parameters that are changed by NumPy."""
    changed = []
    for kind in (optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad, optim.Adadelta):
        update = kind._update
        monkeypatch.setattr(
            kind,
            "_update",
            lambda self, p, g, state, group, update=update: changed.append(p) or update(self, p, g, state, group),
        )
    return changed


@every
def test_four_steps(name, settings, one_by_one):
    found = train("compiled", name, settings)
    assert not one_by_one
    agree_entirely(found, train("numpy", name, settings))
    assert len(one_by_one) == 4 * len(SHAPES)


@every
def test_parameters_that_were_left_out_of_a_step(name, settings, one_by_one):
    found = train("compiled", name, settings, without=(0, 4))
    assert not one_by_one
    agree_entirely(found, train("numpy", name, settings, without=(0, 4)))


@every
def test_gradients_are_left_as_they_are(name, settings):
    params, optimizer = train("compiled", name, settings)
    give_gradients(params, 5)
    before = [p.grad.array.copy() for p in params]
    optimizer.step()
    for p, g in zip(params, before, strict=True):
        np.testing.assert_array_equal(p.grad.array, g)


@every
def test_any_number_of_threads_gives_the_same_bits(name, settings):
    shapes = [(300, 500), (7,), (70_001,)]
    same_bits_on_any_threads(
        lambda: tuple(p.array for p in train("compiled", name, settings, parameters(shapes), steps=2)[0])
    )


@pytest.mark.parametrize("order", [1, -1])
def test_parameters_that_lie_side_by_side_share_no_memory(order):
    from tinygrad_cnn.fast.native import DONE, native

    whole, g = np.ones(8, np.float32), np.ones(4, np.float32)
    table = [part for p in (whole[:4], whole[4:])[::order] for part in (p, g)]
    assert native.sgd_step(tuple(table), 2, 0.5, 0.0, 0.0, 0.0, 0, 0, 0) == DONE
    assert whole.tolist() == [0.5] * 8
    assert native.sgd_step((whole[:4], g, whole[3:7], g), 2, 0.5, 0.0, 0.0, 0.0, 0, 0, 0) != DONE


def irregular(kind):
    """Return parameters that the compiled step cannot take, made in the way that `kind` says."""
    params = parameters([(4, 6), (5,), (6,)])
    if kind == "strided":
        params[0].data = tc.from_numpy(spread_out(params[0].array))
    elif kind == "transposed":
        params[0].data = tc.from_numpy(params[0].array.T.copy().T)
    elif kind == "float64":
        params = [nn.Parameter(tc.tensor(p.array.astype(np.float64))) for p in params]
    elif kind == "sharing":
        whole = params[2].array
        params[1].data = tc.from_numpy(whole[:5])
    return params


@pytest.mark.parametrize("kind", ["strided", "transposed", "float64", "sharing"])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_what_is_left_to_numpy(name, kind, one_by_one):
    def run(mode):
        params = irregular(kind)
        optimizer = getattr(optim, name)(params, lr=0.1)
        with kernels_of(mode):
            for step in range(3):
                for p in params:
                    p.grad = tc.full_like(p, 0.1 + step).detach()
                optimizer.step()
        return params, optimizer

    found = run("compiled")
    assert len(one_by_one) == 9
    agree_entirely(found, run("numpy"))


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad"])
def test_a_parameter_that_is_twice_in_a_group_is_changed_twice(name):
    results = []
    for mode in ("compiled", "numpy"):
        p, q = parameters([(4,), (5,)])
        results.append(train(mode, name, {"lr": 0.1}, [p, q, p]))
    agree_entirely(*results)


def test_a_parameter_that_must_not_be_written_is_refused():
    p = nn.Parameter(tc.tensor([1.0, 2.0]))
    p.array.flags.writeable = False
    p.grad = tc.ones(2)
    with kernels_of("compiled"), pytest.raises(ValueError, match="read-only"):
        optim.SGD([p], lr=0.1).step()
    np.testing.assert_array_equal(p.array, [1, 2])


def test_state_in_float64_is_left_to_numpy():
    params, optimizer = train("compiled", "Adam", {}, parameters([(3,)]), steps=1)
    optimizer.state[params[0]]["exp_avg"] = tc.zeros(3, dtype=tc.float64)
    before = params[0].array.copy()
    give_gradients(params, 1)
    optimizer.step()
    assert (params[0].array != before).all()
    assert optimizer.state[params[0]]["step"] == 2


def test_every_parameter_is_noted_as_changed():
    params = parameters([(3,), (4,)])
    optimizer = optim.Adam(params)
    with kernels_of("compiled"):
        for count in (1, 2, 3):
            give_gradients(params, count)
            optimizer.step()
            assert [versions.version(p.array) for p in params] == [count, count]


def test_a_saved_value_that_a_step_changed_is_noticed():
    w = nn.Parameter(tc.ones(3))
    with kernels_of("compiled"):
        loss = (w * w).sum()
        w.grad = tc.ones(3)
        optim.SGD([w], lr=0.1).step()
        with pytest.raises(RuntimeError, match="was changed in place"):
            loss.backward()


def test_nan_spoils_its_element_only():
    for name, settings in SETTINGS:
        p = nn.Parameter(tc.ones(40))
        g = np.ones(40, np.float32)
        g[3], g[35] = np.nan, np.inf
        results = []
        for mode in ("compiled", "numpy"):
            p = nn.Parameter(tc.ones(40))
            p.grad = tc.tensor(g)
            with kernels_of(mode), np.errstate(all="ignore"):
                getattr(optim, name)([p], **settings).step()
            results.append(p.array)
        agree(*results, rtol=2e-5, atol=2e-6)
        assert np.isfinite(np.delete(results[0], [3, 35])).all()
