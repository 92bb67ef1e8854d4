"""What every transform promises: formats are kept, images are not changed, and a seed repeats the draws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_cnn
from tinygrad_cnn import Tensor, tensor
from tinygrad_cnn.data import transforms as T
from tinygrad_cnn.data import use_generator
from tinygrad_cnn.data.transforms import Transform
from tinygrad_cnn.data.transforms.base import as_batch, margins, probability, size_pair, span

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
    with use_generator(np.random.default_rng(5)):
        own = transform.batch(images)
    with use_generator(np.random.default_rng(5)):
        np.testing.assert_array_equal(transform.batch(images), own)
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


def bytes_of(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (bytes_of(4, 5), (1, 1, 4, 5)),
        (bytes_of(4, 5, 3), (1, 3, 4, 5)),
        (bytes_of(3, 5, 3), (1, 3, 3, 5)),
        (bytes_of(2, 3, 4, 5), (2, 3, 4, 5)),
        (bytes_of(4, 5).astype(np.float32), (1, 1, 4, 5)),
        (bytes_of(3, 4, 5).astype(np.float64), (1, 3, 4, 5)),
        (bytes_of(6, 3, 4, 5).astype(np.int64), (6, 3, 4, 5)),
        (tensor(bytes_of(3, 4, 5)), (1, 3, 4, 5)),
        (tensor(bytes_of(4, 5)), (1, 1, 4, 5)),
        (tensor(bytes_of(2, 2, 3, 4, 5)), (4, 3, 4, 5)),
        (tensor(np.zeros((0, 3, 4, 5))), (0, 3, 4, 5)),
        (tensor(np.zeros((2, 0, 3, 4, 5))), (0, 3, 4, 5)),
    ],
)
def test_arrays_and_tensors_become_batches(image, shape):
    images, restore = as_batch("T", image)
    assert images.shape == shape
    back = restore(images)
    assert type(back) is type(image)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(np.asarray(back), np.asarray(image))
    assert restore(images[..., :2, :1]).shape[-2 if isinstance(image, Tensor) else 0] > 0


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pil_images_become_batches(mode):
    image = Image.fromarray(bytes_of(4, 5, 3)).convert(mode)
    images, restore = as_batch("T", image)
    assert images.shape == (1, len(mode), 4, 5)
    back = restore(images[:, :, :3])
    assert back.mode == mode
    np.testing.assert_array_equal(np.asarray(back), np.asarray(image)[:3])


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "I", "F"])
def test_other_pil_images_are_refused(mode):
    with pytest.raises(TypeError, match=f"T: expected a PIL image of mode L, LA, RGB, RGBA, got {mode}; convert it"):
        as_batch("T", Image.new(mode, (2, 2)))


@given(h=st.integers(1, 5), w=st.integers(1, 5), c=st.integers(1, 4))
def test_a_uint8_array_is_a_picture_and_a_float_array_is_planes(h, w, c):
    picture = bytes_of(h, w, c)
    np.testing.assert_array_equal(as_batch("T", picture)[0][0], picture.transpose(2, 0, 1))
    planes = np.ones((c, h, w), np.float32)
    assert as_batch("T", planes)[0].shape == (1, c, h, w)


def test_refuses_images_without_a_format():
    with pytest.raises(
        ValueError, match=r"T: expected a uint8 array as \(H, W, C\), got \(3, 32, 32\), which looks like"
    ):
        as_batch("T", bytes_of(3, 32, 32))
    with pytest.raises(ValueError, match=r"T: expected an image of at least 2 axes, got shape \(3,\)"):
        as_batch("T", bytes_of(3))
    with pytest.raises(TypeError, match="T: expected a PIL image, an array or a tensor, got list"):
        as_batch("T", [[1]])
    with pytest.raises(TypeError, match="T: expected an image without gradient"):
        as_batch("T", tinygrad_cnn.zeros(3, 2, 2, requires_grad=True))


def test_arguments_in_every_form():
    assert size_pair("T", 3) == size_pair("T", [3]) == (3, 3)
    assert size_pair("T", (3, 4)) == (3, 4)
    assert margins("T", 1) == (1, 1, 1, 1)
    assert margins("T", (1, 2)) == (1, 2, 1, 2)
    assert margins("T", (1, 2, 3, 4)) == (1, 2, 3, 4)
    assert span("T", "x", [1, 2], 0, math.inf) == (1.0, 2.0)
    assert probability("T", 1) == 1.0


@pytest.mark.parametrize("value", [(2, 1), (-1, 1), (1,), (1, 2, 3), "ab", 3, None, (math.nan, 1), (True, 2)])
def test_refuses_what_is_no_span(value):
    with pytest.raises(ValueError, match="T: expected x as two numbers, 0 ≤ a ≤ b ≤ inf, got"):
        span("T", "x", value, 0, math.inf)
