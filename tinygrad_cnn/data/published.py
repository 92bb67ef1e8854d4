"""What was published: the files of each data set, their sizes and checksums, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass

_DIGITS = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
           "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")  # fmt: skip


@dataclass(frozen=True)
class DataFile:
    """A file of a data set, as published.

    Attributes:
        name: without folders.
        size: in bytes; 0 where no one file is the published one.
        checksum: "sha256:…" or "md5:…"; empty where none is published.
        content: the checksum of what a .gz holds, empty if none is known. It stands for the file too, since the same
            content can be packed in several ways, or not at all.
    """

    name: str
    size: int
    checksum: str
    content: str = ""


@dataclass(frozen=True)
class Entry:
    """A data set, as published.

    Attributes:
        name: the one to ask for it by.
        title: the one to show.
        about: what it is, in a line.
        home: where it is described.
        files: what is read. None for a set that comes with the package.
        folders: below the data root, where its files are looked for; the first is where they are downloaded to.
        mirrors: addresses that a file's name is appended to, tried in this order.
        archive: what the files come packed in; None where each is downloaded by itself.
        other_form: another published form of the same set, which can be read too but is not downloaded.
    """

    name: str
    title: str
    about: str
    home: str = ""
    files: tuple[DataFile, ...] = ()
    folders: tuple[str, ...] = ("",)
    mirrors: tuple[str, ...] = ()
    archive: DataFile | None = None
    other_form: Entry | None = None

    @property
    def download_size(self) -> int:
        """How many bytes a download of the whole set takes."""
        return sum(file.size for file in ((self.archive,) if self.archive else self.files))


def _files(*rows: tuple[str, int, str]) -> tuple[DataFile, ...]:
    return tuple(DataFile(*row) for row in rows)


_MNIST = Entry(
    "mnist",
    "MNIST",
    "handwritten digits, 60,000 + 10,000 grey images 28×28, 10 classes",
    "http://yann.lecun.com/exdb/mnist/",
    tuple(
        DataFile(name, size, f"sha256:{packed}", f"sha256:{content}")
        for name, size, packed, content in zip(
            _DIGITS,
            (9_912_422, 28_881, 1_648_877, 4_542),
            ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
             "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
             "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
             "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
            ("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
             "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
             "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
             "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
            strict=True,
        )
    ),
    ("MNIST/raw", "", "mnist"),
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
)  # fmt: skip

# Not looked for in the data root itself: its files are named as MNIST's are, and one set would pass for the other.
_FASHION_MNIST = Entry(
    "fashion_mnist",
    "FashionMNIST",
    "articles of clothing, 60,000 + 10,000 grey images 28×28, 10 classes",
    "https://github.com/zalandoresearch/fashion-mnist",
    _files(
        (_DIGITS[0], 26_421_880, "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (_DIGITS[1], 29_515, "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (_DIGITS[2], 4_422_102, "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (_DIGITS[3], 5_148, "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    ("FashionMNIST/raw", "fashion_mnist", "fashion-mnist"),
    ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
     "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
)  # fmt: skip

_CIFAR_HOME = "https://www.cs.toronto.edu/~kriz/cifar.html"
_CIFAR_MIRRORS = ("https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/")
_BATCH = 10_000 * (1 + 3 * 32 * 32)

_CIFAR10 = Entry(
    "cifar10",
    "CIFAR10",
    "photographs of animals and vehicles, 50,000 + 10,000 colour images 32×32, 10 classes",
    _CIFAR_HOME,
    _files(
        ("data_batch_1.bin", _BATCH, "sha256:cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
        ("data_batch_2.bin", _BATCH, "sha256:a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
        ("data_batch_3.bin", _BATCH, "sha256:bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
        ("data_batch_4.bin", _BATCH, "sha256:014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
        ("data_batch_5.bin", _BATCH, "sha256:755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
        ("test_batch.bin", _BATCH, "sha256:8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
    ),
    ("cifar-10-batches-bin", ""),
    _CIFAR_MIRRORS,
    DataFile(
        "cifar-10-binary.tar.gz",
        170_052_171,
        "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
    Entry(
        "cifar10",
        "CIFAR10",
        "the same as pickles",
        _CIFAR_HOME,
        _files(
            ("data_batch_1", 0, "md5:c99cafc152244af753f735de768cd75f"),
            ("data_batch_2", 0, "md5:d4bba439e000b95fd0a9bffe97cbabec"),
            ("data_batch_3", 0, "md5:54ebc095f3ab1f0389bbae665268c751"),
            ("data_batch_4", 0, "md5:634d18415352ddfa80567beed471001a"),
            ("data_batch_5", 0, "md5:482c414d41f54cd18b22e5b47cb7c3cb"),
            ("test_batch", 0, "md5:40351d587109b95175f43aff81a1287e"),
        ),
        ("cifar-10-batches-py", ""),
    ),
)

_CIFAR100 = Entry(
    "cifar100",
    "CIFAR100",
    "photographs of things, 50,000 + 10,000 colour images 32×32, 100 classes in 20 groups",
    _CIFAR_HOME,
    _files(
        ("train.bin", 50_000 * 3_074, "sha256:f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"),
        ("test.bin", 10_000 * 3_074, "sha256:d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"),
    ),
    ("cifar-100-binary", ""),
    _CIFAR_MIRRORS,
    DataFile(
        "cifar-100-binary.tar.gz",
        168_513_733,
        "sha256:58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
    Entry(
        "cifar100",
        "CIFAR100",
        "the same as pickles",
        _CIFAR_HOME,
        _files(
            ("train", 0, "md5:16019d7e3df5f24257cddd939b257f8d"),
            ("test", 0, "md5:f0ef6b0ae62326f3e7ffdfab6717acfc"),
        ),
        ("cifar-100-python",),  # a file or folder named "train" elsewhere could be anything
    ),
)

_FLOWERS = Entry(
    "flowers",
    "Flowers",
    "photographs of five kinds of flowers, 4,307 different colour images in folders by class",
    "https://www.kaggle.com/datasets/alxmamaev/flowers-recognition",
    (DataFile("flowers.zip", 0, ""),),
)

ENTRIES = {
    entry.name: entry
    for entry in (
        _MNIST,
        _FASHION_MNIST,
        _CIFAR10,
        _CIFAR100,
        _FLOWERS,
        Entry("mnist5k", "MNIST5k", "the first 5,000 + 1,000 digits of MNIST; comes with the package"),
        Entry("toy", "toy_patterns", "three noisy 11×11 patterns, drawn by seed; comes with the package"),
    )
}
"""Every data set by name."""
