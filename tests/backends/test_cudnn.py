"""Flags of cuDNN that scripts ask for and set."""

import pytest

import tinygrad_cnn as tg


@pytest.mark.parametrize("name", tg.backends.cudnn.__all__)
def test_cudnn_begins_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    ours, theirs = getattr(tg.backends.cudnn, name), getattr(torch.backends.cudnn, name)
    assert (ours() == theirs()) if callable(ours) else (ours is theirs)


def test_flags_can_be_set(monkeypatch):
    for name in ("benchmark", "deterministic", "enabled"):
        monkeypatch.setattr(tg.backends.cudnn, name, True)
        assert getattr(tg.backends.cudnn, name) is True
