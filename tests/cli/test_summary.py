"""``tinygrad-cnn summary``: of a name, a configuration, a run."""

import pytest


def test_of_a_model_by_name(cli):
    out = cli("summary", "SimpleConvNet").out
    assert "SimpleConvNet, input 1×1×28×28" in out
    assert "433,890" in out
    assert "input 1×3×64×64" in cli("summary", "resnet18", "--input", "3x64x64").out


def test_of_a_configuration_and_of_a_run(cli, toy):
    config = toy()
    out = cli("summary", config).out
    assert "ConvNet2, input 1×1×11×11" in out
    assert "2,771" in out
    pytest.importorskip("safetensors")
    cli("train", config)
    assert cli("summary", "runs/toy-001").out == out


@pytest.mark.parametrize(
    ("data", "model", "given"),
    [
        ('"MNIST"', "SimpleConvNet", "1×28×28"),
        ('"FashionMNIST"\ntransforms = ["ToTensor"]', "SimpleConvNet", "1×28×28"),
        ('"CIFAR10"', "SixConvNet", "3×32×32"),
        ('"CIFAR100"', 'SixConvNet"\nnum_classes = 100 #', "3×32×32"),
        ('"Flowers"\nsize = 32', "resnet20", "3×32×32"),
    ],
)
def test_of_a_configuration_whose_data_is_not_there(cli, toy, data, model, given):
    made = toy(('"toy"\nvalidation = 6', f'{data}\nroot = "nowhere"'), ('"ConvNet2"\ninit = "he"', f'"{model}"'))
    assert f"input 1×{given}" in cli("summary", made).out


@pytest.mark.parametrize(
    ("data", "model", "error"),
    [
        ('"MNIST"\ntransforms = [{name = "Resize", size = 32}]', "SimpleConvNet", "for images of 1×32×32"),
        ('"CIFAR100"', "SixConvNet", "expected scores of 100 classes"),
        ('"MNIST"\ntransforms = [{name = "Normalize", mean = 0.5, std = 1}]', "SimpleConvNet", "use ToTensor first"),
        ('"ImageFolder"', "resnet20", "nowhere"),
    ],
)
def test_what_does_not_fit_is_refused_without_the_data(fails, toy, data, model, error):
    made = toy(('"toy"\nvalidation = 6', f'{data}\nroot = "nowhere"'), ('"ConvNet2"\ninit = "he"', f'"{model}"'))
    assert error in fails("summary", made)


def test_refusals(fails, toy):
    assert fails("summary", "LeNet").endswith("got 'LeNet'; did you mean 'LeNet5'?")
    assert "expected --input CxHxW" in fails("summary", "vgg11")
    assert "expected --input as CxHxW, such as 3x32x32, got '28'" in fails("summary", "vgg11", "--input", "28")
    assert "SimpleConvNet cannot take images of 3×28×28" in fails("summary", "SimpleConvNet", "--input", "3x28x28")
    assert "expected the setting 'hconfigs'" in fails("summary", "CnnBasicModel", "--input", "3x28x28")
    assert "Missing argument 'TARGET'" in fails("summary")
    assert "expected a model for images of 1×11×11" in fails("summary", toy(('init = "he"', "img_sz = 12")))
