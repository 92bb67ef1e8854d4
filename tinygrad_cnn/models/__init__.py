"""The networks of course reports and of the field's history, ready to train."""

import sys

from tinygrad_cnn.declined import answer_in
from tinygrad_cnn.models.alexnet import AlexNet, alexnet
from tinygrad_cnn.models.cnn_basic import CnnBasicModel
from tinygrad_cnn.models.convnet2 import ConvNet2
from tinygrad_cnn.models.deep_convnet import DeepConvNet
from tinygrad_cnn.models.densenet import DenseNet, densenet121
from tinygrad_cnn.models.digit_convnet import DigitConvNet
from tinygrad_cnn.models.lenet5 import LeNet5
from tinygrad_cnn.models.mobilenet import InvertedResidual, MobileNetV2, mobilenet_v2
from tinygrad_cnn.models.resnet import BasicBlock, Bottleneck, ResNet, resnet18, resnet34, resnet50
from tinygrad_cnn.models.resnet20 import CifarResNet, resnet20
from tinygrad_cnn.models.simple_convnet import SimpleConvNet
from tinygrad_cnn.models.six_convnet import SixConvNet
from tinygrad_cnn.models.three_layer_convnet import ThreeLayerConvNet
from tinygrad_cnn.models.two_layer_fc import TwoLayerFC
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
    "VGG",
    "AlexNet",
    "BasicBlock",
    "Bottleneck",
    "CifarResNet",
    "CnnBasicModel",
    "ConvNet2",
    "DeepConvNet",
    "DenseNet",
    "DigitConvNet",
    "InvertedResidual",
    "LeNet5",
    "MobileNetV2",
    "ResNet",
    "SimpleConvNet",
    "SixConvNet",
    "ThreeLayerConvNet",
    "TwoLayerFC",
    "alexnet",
    "densenet121",
    "mobilenet_v2",
    "resnet18",
    "resnet20",
    "resnet34",
    "resnet50",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
    "vgg_features",
]
