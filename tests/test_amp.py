"""Mixed precision is disabled: scripts run, and compute the same."""

import warnings

import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import amp, nn, optim


@pytest.mark.parametrize(
    "make",
    [
        lambda: amp.autocast("cuda", dtype=tg.float16),
        lambda: tg.autocast(device_type="cpu"),
        lambda: tg.cuda.amp.autocast(),
        lambda: amp.GradScaler(),
        lambda: tg.cuda.amp.GradScaler(init_scale=2.0),
    ],
)
def test_mixed_precision_warns_that_it_is_disabled(make):
    with pytest.warns(UserWarning, match="Disabling") as said:
        make()
    assert said[0].filename == __file__ or "cuda" in said[0].filename


def test_nothing_is_said_where_it_is_not_enabled():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        amp.autocast("cuda", enabled=False)
        tg.cuda.amp.GradScaler(enabled=False)


def test_a_step_with_a_disabled_scaler_is_a_plain_step():
    def train(scaler):
        tg.manual_seed(0)
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        x = tg.ones(2, 3)
        for _ in range(3):
            optimizer.zero_grad()
            with amp.autocast("cuda", enabled=False):
                loss = model(x).square().mean()
            assert loss.dtype == tg.float32
            if scaler is None:
                loss.backward()
                optimizer.step()
            else:
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                scaler.step(optimizer)
                scaler.update()
        return model.weight.tolist()

    scaler = amp.GradScaler(enabled=False)
    assert train(scaler) == train(None)
    assert (scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()) == (1.0, False, {})
    scaler.load_state_dict({})


def test_autocast_decorates_functions():
    @amp.autocast("cuda", enabled=False)
    def double(x):
        """Twice."""
        return 2 * x

    assert double(3) == 6
    assert double.__doc__ == "Twice."
