"""DenseNet: torchvision's keys, and dropout."""

from model_keys import norm_keys

import tinygrad_cnn as tg
from tinygrad_cnn import models


def test_keys_of_densenet():
    keys = list(models.densenet121().state_dict())
    layer = "features.denseblock3.denselayer24"
    expected = [
        *norm_keys(f"{layer}.norm1"),
        f"{layer}.conv1.weight",
        *norm_keys(f"{layer}.norm2"),
        f"{layer}.conv2.weight",
    ]
    assert [key for key in keys if key.startswith(f"{layer}.")] == expected
    assert [key for key in keys if "transition2" in key] == [
        *norm_keys("features.transition2.norm"),
        "features.transition2.conv.weight",
    ]
    assert keys[:6] == ["features.conv0.weight", *norm_keys("features.norm0")]
    assert keys[-7:] == [*norm_keys("features.norm5"), "classifier.weight", "classifier.bias"]
    assert len(keys) == 727


def test_dense_layers_drop_what_they_add():
    model = models.DenseNet(4, (2, 2), 8, drop_rate=0.9, num_classes=2)
    x = tg.randn(4, 3, 32, 32)
    assert not (model(x) == model(x)).all()
    assert (model.eval()(x) == model(x)).all()
