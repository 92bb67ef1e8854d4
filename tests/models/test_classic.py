"""LeNet5 and AlexNet: keys, shapes and numbers of parameters as in the paper and in torchvision."""

from model_keys import count, equal_with_order, layer, shapes

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.models import LeNet5, alexnet


def test_lenet5():
    model = LeNet5()
    expected = {**layer("conv1", 6, 1, 5, 5), **layer("conv2", 16, 6, 5, 5), **layer("fc1", 120, 400),
                **layer("fc2", 84, 120), **layer("fc3", 10, 84)}  # fmt: skip
    equal_with_order(shapes(model), expected)
    assert count(model) == 61_706
    assert model(tg.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_alexnet():
    model = alexnet()
    equal_with_order(
        shapes(model),
        {
            **layer("features.0", 64, 3, 11, 11), **layer("features.3", 192, 64, 5, 5),
            **layer("features.6", 384, 192, 3, 3), **layer("features.8", 256, 384, 3, 3),
            **layer("features.10", 256, 256, 3, 3), **layer("classifier.1", 4096, 9216),
            **layer("classifier.4", 4096, 4096), **layer("classifier.6", 1000, 4096),
        },
    )  # fmt: skip
    assert count(model) == 61_100_840
    assert model.features(tg.zeros(1, 3, 224, 224)).shape == (1, 256, 6, 6)
    assert model.eval()(tg.zeros(1, 3, 224, 224)).shape == (1, 1000)
    assert model.features(tg.zeros(1, 3, 63, 63)).shape == (1, 256, 1, 1)
    assert [module.p for module in model.modules() if isinstance(module, nn.Dropout)] == [0.5, 0.5]
