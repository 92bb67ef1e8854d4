"""Networks ready to train: those of course reports and the classics of the field."""

import sys

from tinygrad_cnn.declined import answer_in
from tinygrad_cnn.models.classic import AlexNet, LeNet5, alexnet
from tinygrad_cnn.models.cnn_basic import CnnBasicModel
from tinygrad_cnn.models.course import (
    ConvNet2,
    DeepConvNet,
    DigitConvNet,
    SimpleConvNet,
    SixConvNet,
    ThreeLayerConvNet,
    TwoLayerFC,
)
from tinygrad_cnn.models.densenet import DenseNet, densenet121
from tinygrad_cnn.models.mobilenet import InvertedResidual, MobileNetV2, mobilenet_v2
from tinygrad_cnn.models.resnet import (
    BasicBlock,
    Bottleneck,
    CifarResNet,
    ResNet,
    resnet18,
    resnet20,
    resnet34,
    resnet50,
)
from tinygrad_cnn.models.vgg import (
    VGG,
    vgg11,
    vgg11_bn,
    vgg13,
    vgg13_bn,
    vgg16,
    vgg16_bn,
    vgg19,
    vgg19_bn,
    vgg_features,
)

answer_in(sys.modules[__name__])

__all__ = [
    "VGG", "AlexNet", "BasicBlock", "Bottleneck", "CifarResNet", "CnnBasicModel", "ConvNet2",
    "DeepConvNet", "DenseNet", "DigitConvNet", "InvertedResidual", "LeNet5", "MobileNetV2", "ResNet",
    "SimpleConvNet", "SixConvNet", "ThreeLayerConvNet", "TwoLayerFC", "alexnet", "densenet121",
    "mobilenet_v2", "resnet18", "resnet20", "resnet34", "resnet50", "vgg11", "vgg11_bn", "vgg13",
    "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "vgg_features",
]  # fmt: skip
