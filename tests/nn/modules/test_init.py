"""The list of modules: every activation and loss function has one."""

from tinygrad_cnn import nn


def test_every_activation_and_loss_function_has_a_module():
    modules = {name.lower() for name in nn.__all__}
    activations = {"elu", "gelu", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "relu", "relu6", "sigmoid"}
    activations |= {"silu", "softmax", "softplus", "tanh"}
    assert activations <= set(nn.functional.__all__)
    losses = {name for name in nn.functional.__all__ if name.endswith("_loss")}
    assert {name.replace("_", "") for name in activations | losses} <= modules
    assert {"crossentropyloss", "bceloss", "bcewithlogitsloss"} <= modules
