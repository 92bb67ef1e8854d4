"""Residual networks: torchvision's keys, the shapes and sizes of the paper."""

import pytest
from model_keys import count, equal_with_order, layer, norm, norm_keys, shapes

import tinygrad_cnn as tg
from tinygrad_cnn import models, nn
from tinygrad_cnn.models import BasicBlock, Bottleneck, CifarResNet, ResNet, resnet18, resnet20


def test_resnet18():
    model = resnet18()
    keys = {**layer("conv1", 64, 3, 7, 7, bias=False), **norm("bn1", 64)}
    before = 64
    for stage, n in enumerate((64, 128, 256, 512), 1):
        for block, channels in enumerate((before, n)):
            name = f"layer{stage}.{block}"
            keys |= layer(f"{name}.conv1", n, channels, 3, 3, bias=False) | norm(f"{name}.bn1", n)
            keys |= layer(f"{name}.conv2", n, n, 3, 3, bias=False) | norm(f"{name}.bn2", n)
            if channels != n:
                keys |= layer(f"{name}.downsample.0", n, channels, 1, 1, bias=False) | norm(f"{name}.downsample.1", n)
        before = n
    equal_with_order(shapes(model), {**keys, **layer("fc", 1000, 512)})
    assert count(model) == 11_689_512
    assert model.layer4(model.layer3(model.layer2(tg.zeros(1, 64, 56, 56)))).shape == (1, 512, 7, 7)
    assert model.layer3[0].conv1.weight.detach().numpy().std() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.02)
    assert ResNet(BasicBlock, (1, 1, 1, 1), 7).eval()(tg.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_zero_init_residual_makes_each_block_begin_as_relu():
    model = ResNet(BasicBlock, (1, 1, 1, 1), zero_init_residual=True)
    x = tg.randn(2, 64, 4, 4)
    assert (model.layer1[0](x) == tg.relu(x)).all()
    assert not (ResNet(BasicBlock, (1, 1, 1, 1)).layer1[0](x) == tg.relu(x)).all()


def test_keys_of_resnets():
    keys = list(models.resnet50().state_dict())
    block = [key for i in (1, 2, 3) for key in [f"layer2.0.conv{i}.weight", *norm_keys(f"layer2.0.bn{i}")]]
    block += ["layer2.0.downsample.0.weight", *norm_keys("layer2.0.downsample.1")]
    assert [key for key in keys if key.startswith("layer2.0.")] == block
    assert keys[:6] == ["conv1.weight", *norm_keys("bn1")]
    assert keys[-2:] == ["fc.weight", "fc.bias"]
    assert len(keys) == 320
    assert len(models.resnet34().state_dict()) == 218


def test_bottlenecks_may_begin_as_relu():
    model = models.resnet50(num_classes=2, zero_init_residual=True)
    x = tg.randn(2, 256, 4, 4)
    assert (model.layer1[1](x) == tg.relu(x)).all()
    assert not (models.resnet50(num_classes=2).layer1[1](x) == tg.relu(x)).all()


def test_resnet20():
    model = resnet20()
    assert count(model) == 269_722
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) + 1 == 20
    assert model.layer3(model.layer2(tg.zeros(1, 16, 32, 32))).shape == (1, 64, 8, 8)
    assert count(CifarResNet(18)) == 1_727_962  # 110 layers, 1.7M in the paper


def test_resnet20_shortcut():
    x = tg.arange(1.0, 2 * 16 * 9 + 1).reshape(2, 16, 3, 3)
    shortcut = resnet20().layer2[0].downsample(x)
    assert shortcut.shape == (2, 32, 2, 2)
    assert not shortcut[:, :8].any()
    assert not shortcut[:, 24:].any()
    assert (shortcut[:, 8:24] == x[:, :, ::2, ::2]).all()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ResNet(BasicBlock, (2, 2, 2)), r"ResNet: expected 4 numbers of blocks of at least 1, got \[2, 2, 2\]"),
        (lambda: ResNet(Bottleneck, (2, 0, 2, 2)), r"ResNet: expected 4 numbers .* at least 1, got \[2, 0, 2, 2\]"),
        (lambda: CifarResNet(0), "CifarResNet: expected n of at least 1, got 0"),
    ],
)
def test_refusals(make, text):
    with pytest.raises(ValueError, match=text):
        make()
