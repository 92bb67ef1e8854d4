"""Names of torchvision, and files behind torch.nn, that are left out: patterns of each module and why."""

NETWORKS = (
    "the networks are alexnet, vgg11 to vgg19_bn, resnet18, 34 and 50, densenet121 and mobilenet_v2, without trained "
    "weights; write others as an nn.Module"
)

DATA_SETS = (
    "the data sets are MNIST, FashionMNIST, CIFAR10, CIFAR100 and Flowers; read the files of others with ImageFolder, "
    "or with a Dataset of your own"
)

ELSEWHERE = "the layers stand in files of other names: write nn's own names, such as nn.BatchNorm2d"

VISION = {
    "data": {
        DATA_SETS: (
            "Caltech* CelebA Cityscapes Coco* DTD EMNIST EuroSAT FakeData FER2013 FGVCAircraft Flickr* Flowers102 "
            "Food101 GTSRB ImageNet Imagenette INaturalist KMNIST Kinetics* LFW* LSUN* Omniglot OxfordIIITPet PCAM "
            "Places365 PhotoTour QMNIST SBD* SBU SEMEION STL10 SUN397 SVHN StanfordCars USPS VOC* WIDERFace"
        )
    },
    "models": {NETWORKS: "*"},
    "nn.modules": {ELSEWHERE: "[_a-z]*"},
}
"""Where a name is looked up: why it is not there, and its patterns."""
