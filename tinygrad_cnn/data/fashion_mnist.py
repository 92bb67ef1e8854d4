"""Fashion-MNIST: articles of clothing, in the files and sizes of MNIST."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_cnn.data.mnist import IdxImages
from tinygrad_cnn.data.published import ENTRIES


class FashionMNIST(IdxImages):
    """The 60,000 training or 10,000 test pictures of clothing, 28×28, from the original IDX files, plain or .gz.

    Args:
        root: the folder of the data sets; the files are looked for in its subfolders FashionMNIST/raw, fashion_mnist
            and fashion-mnist, but not in the folder itself: they have the names of MNIST's files. See `data_root` for
            None.
        train: the training pictures; the test pictures otherwise.
        transform: applied to each image, a uint8 array (28, 28), when it is read.
        target_transform: applied to each label, an int, when it is read.
        download: download the set if a file is missing, as for `MNIST`.

    Raises:
        FileNotFoundError, DataError, DownloadError: as for `MNIST`.

    Ref. H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, 2017, https://arxiv.org/abs/1708.07747
    """

    _name = "fashion_mnist"
    classes: Sequence[str] = ENTRIES["fashion_mnist"].classes
