"""MobileNetV2: torchvision's keys, widths and refusals."""

import pytest
from model_keys import norm_keys

from tinygrad_cnn import models
from tinygrad_cnn.models import InvertedResidual, MobileNetV2


def test_keys_of_mobilenet():
    keys = list(models.mobilenet_v2().state_dict())
    first = ["features.1.conv.0.0.weight", *norm_keys("features.1.conv.0.1"), "features.1.conv.1.weight"]
    assert [key for key in keys if key.startswith("features.1.")] == [*first, *norm_keys("features.1.conv.2")]
    last = [key for i in (0, 1) for key in [f"features.17.conv.{i}.0.weight", *norm_keys(f"features.17.conv.{i}.1")]]
    last += ["features.17.conv.2.weight", *norm_keys("features.17.conv.3")]
    assert [key for key in keys if key.startswith("features.17.")] == last
    assert keys[-8:] == [
        "features.18.0.weight",
        *norm_keys("features.18.1"),
        "classifier.1.weight",
        "classifier.1.bias",
    ]
    assert len(keys) == 314


def test_widths_are_rounded_to_eights():
    narrow = models.mobilenet_v2(width_mult=0.35, num_classes=3)
    assert narrow.features[1].conv[1].weight.shape == (8, 16, 1, 1)
    assert narrow.last_channel == 1280


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: InvertedResidual(8, 8, 3, 1), "InvertedResidual: expected stride 1 or 2, got 3"),
        (lambda: MobileNetV2(inverted_residual_setting=[(1, 2, 3)]), "MobileNetV2: expected stages of four numbers"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()
