"""`ClipGradients`: what it leaves of gradients, and what it refuses."""

import math

import numpy as np
import pytest
from fed_runs import trainer

from tinygrad_cnn import nn
from tinygrad_cnn.train import (
    ClipGradients,
)


def test_gradients_are_clipped_before_the_step(loader):
    model = nn.Linear(2, 2)
    before = [p.detach().numpy().copy() for p in model.parameters()]
    trainer(ClipGradients(max_norm=0.01), lr=1.0, model=model).fit([next(iter(loader))], 1)
    change = [p.detach().numpy() - old for p, old in zip(model.parameters(), before, strict=True)]
    assert math.sqrt(sum((c**2).sum() for c in change)) == pytest.approx(0.01, rel=1e-3)
    trainer(ClipGradients(clip_value=0.002), lr=1.0, model=model).fit([next(iter(loader))], 1)
    assert max(abs(p.grad.numpy()).max() for p in model.parameters()) == np.float32(0.002)
    for kwargs in ({}, {"max_norm": 0}, {"clip_value": -1.0}, {"max_norm": 1.0, "clip_value": 0}):
        with pytest.raises(ValueError, match="expected a positive max_norm or clip_value"):
            ClipGradients(**kwargs)
