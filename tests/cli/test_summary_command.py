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


def test_refusals(fails, toy):
    assert fails("summary", "LeNet").endswith("got 'LeNet'; did you mean 'LeNet5'?")
    assert "expected --input CxHxW" in fails("summary", "vgg11")
    assert "expected --input as CxHxW, such as 3x32x32, got '28'" in fails("summary", "vgg11", "--input", "28")
    assert "SimpleConvNet cannot take images of 3×28×28" in fails("summary", "SimpleConvNet", "--input", "3x28x28")
    assert "expected the setting 'hconfigs'" in fails("summary", "CnnBasicModel", "--input", "3x28x28")
    assert "Missing argument 'TARGET'" in fails("summary")
    assert "expected a model for images of 1×11×11" in fails("summary", toy(('init = "he"', "img_sz = 12")))
