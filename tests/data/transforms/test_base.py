"""What every transform promises: forms are kept, images are not changed, and a seed repeats the draws."""

import numpy as np
import pytest

import tinygrad_cnn
from tinygrad_cnn import Tensor, tensor
from tinygrad_cnn.data import seeding
from tinygrad_cnn.data import transforms as T
from tinygrad_cnn.data.transforms import Transform

Image = pytest.importorskip("PIL.Image")

RANDOM = [
    T.RandomCrop((4, 5), padding=2),
    T.RandomCrop(9, pad_if_needed=True, padding_mode="reflect"),
    T.RandomHorizontalFlip(),
    T.RandomVerticalFlip(0.3),
    T.RandomRotation(90),
    T.RandomRotation((10, 30), interpolation="bilinear", fill=3),
    T.ColorJitter(0.5, 0.5, 0.5, 0.2),
    T.RandomErasing(0.8),
]
FIXED = [T.CenterCrop(4), T.CenterCrop((9, 3)), T.Pad((1, 2), fill=5), T.Pad(2, padding_mode="edge"),
         T.Resize((3, 9)), T.Resize(5, interpolation="nearest"), T.Resize(12, interpolation="bicubic")]  # fmt: skip
ALL = RANDOM + FIXED
name = repr


def picture(seed=0, shape=(7, 8, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_every_form_of_an_image_gives_the_same(transform):
    """Pillow resizes PIL images itself, and rounds otherwise."""
    array = picture()
    results = []
    for image in (array, Image.fromarray(array), tensor(array.transpose(2, 0, 1).copy())):
        tinygrad_cnn.manual_seed(11)
        result = transform(image)
        assert type(result) is (Image.Image if isinstance(image, Image.Image) else type(image))
        results.append(result.array.transpose(1, 2, 0) if isinstance(result, Tensor) else np.asarray(result))
        assert results[-1].dtype == np.uint8
    array, pil, planes = results
    np.testing.assert_array_equal(array, planes)
    if isinstance(transform, T.Resize):
        assert abs(pil.astype(int) - array).mean() < 0.5
    else:
        np.testing.assert_array_equal(pil, array)


@pytest.mark.parametrize("transform", ALL, ids=name)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_dtype_is_kept_and_the_input_is_not_changed(transform, dtype):
    images = picture(1, (4, 3, 7, 8)).astype(dtype)
    images = images if dtype == np.uint8 else images / dtype(255)
    before = images.copy()
    images.flags.writeable = False
    result = transform.batch(images)
    assert result.dtype == dtype
    assert result.shape[:2] == (4, 3)
    np.testing.assert_array_equal(images, before)
    if dtype != np.uint8 and "fill" not in repr(transform) and "bicubic" not in repr(transform):
        assert result.min() >= 0
        assert result.max() <= 1


@pytest.mark.parametrize("transform", FIXED, ids=name)
def test_a_batch_is_its_images(transform):
    images = picture(2, (5, 3, 7, 8))
    batch = transform.batch(images)
    for image, result in zip(images, batch, strict=True):
        np.testing.assert_array_equal(transform.batch(image[np.newaxis])[0], result)


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_no_images_and_one_channel(transform):
    assert transform.batch(picture(3, (0, 3, 7, 8))).shape[:2] == (0, 3)
    assert transform.batch(picture(3, (2, 1, 7, 8))).shape[:2] == (2, 1)
    assert transform(picture(3, (7, 8))).ndim == 2


@pytest.mark.parametrize("transform", RANDOM, ids=name)
def test_draws_come_from_the_current_generator(transform):
    images = picture(4, (16, 3, 7, 8))
    tinygrad_cnn.manual_seed(1)
    first, second = transform.batch(images), transform.batch(images)
    assert not np.array_equal(first, second)
    tinygrad_cnn.manual_seed(1)
    np.testing.assert_array_equal(transform.batch(images), first)
    token = seeding._current.set(np.random.default_rng(5))
    try:
        own = transform.batch(images)
        np.testing.assert_array_equal(transform.batch(picture(5, (16, 3, 7, 8))).shape, own.shape)
    finally:
        seeding._current.reset(token)
    np.testing.assert_array_equal(transform.batch(images), second, "the default generator was touched")


@pytest.mark.parametrize("transform", RANDOM, ids=name)
def test_each_image_of_a_batch_has_its_own_draw(transform):
    images = np.repeat(picture(6, (1, 3, 7, 8)), 40, axis=0)
    assert len({image.tobytes() for image in transform.batch(images)}) > 1


@pytest.mark.parametrize("transform", RANDOM, ids=name)
def test_the_batch_form_draws_what_the_single_form_draws(transform):
    """Over many draws the mean of each pixel is the same."""
    image = picture(7, (1, 3, 7, 8))
    many = transform.batch(np.repeat(image, 4000, axis=0)).astype(float)
    single = np.stack([transform.batch(image)[0] for _ in range(1500)]).astype(float)
    spread = np.sqrt(many.var(axis=0) / len(many) + single.var(axis=0) / len(single))
    assert (abs(many.mean(axis=0) - single.mean(axis=0)) <= 5 * spread + 1e-9).all()


@pytest.mark.parametrize(
    ("transform", "text"),
    [
        (T.ToTensor(), "ToTensor()"),
        (T.Normalize((0.5,), (0.2,)), "Normalize(mean=(0.5,), std=(0.2,))"),
        (T.RandomCrop(32, 4), "RandomCrop(size=(32, 32), padding=4)"),
        (T.RandomHorizontalFlip(), "RandomHorizontalFlip(p=0.5)"),
        (T.RandomVerticalFlip(0.1), "RandomVerticalFlip(p=0.1)"),
        (T.RandomRotation(10), "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)"),
        (T.ColorJitter(0.4), "ColorJitter(brightness=(0.6, 1.4), contrast=None, saturation=None, hue=None)"),
        (T.RandomErasing(), "RandomErasing(p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False)"),
        (T.Resize(8), "Resize(size=8, interpolation=bilinear, max_size=None, antialias=True)"),
        (T.CenterCrop(8), "CenterCrop(size=(8, 8))"),
        (T.Pad(1), "Pad(padding=1, fill=0, padding_mode=constant)"),
        (T.Lambda(print), "Lambda()"),
        (T.Compose([T.ToTensor(), T.Compose([])]), "Compose(\n    ToTensor()\n    Compose(\n    )\n)"),
    ],
)
def test_prints_as_torchvision_does(transform, text):
    assert repr(transform) == text


def test_a_transform_of_ones_own():
    class Half(Transform):
        def batch(self, images):
            return images // 2

    assert Half()(picture()).max() <= 127
    assert T.Compose([Half(), T.ToTensor()]).batched
    assert repr(Half()) == "Half()"
    with pytest.raises(NotImplementedError, match=r"Transform: a transform must define batch\(self, images\)"):
        Transform()(picture())
