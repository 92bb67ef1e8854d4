"""`make_grid`, `save_image`: where every pixel goes, by a plain loop."""

import io

import numpy as np
import pytest

import tinygrad_cnn as torch
from tinygrad_cnn.utils import make_grid, save_image

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("count", [2, 3, 7])
@pytest.mark.parametrize(("nrow", "padding"), [(8, 2), (3, 1), (1, 0), (2, 3)])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_pixel(count, nrow, padding, channels):
    x = RNG.random((count, channels, 4, 5)).astype(np.float32)
    grid = make_grid(torch.tensor(x), nrow=nrow, padding=padding, pad_value=0.25).numpy()
    columns = min(nrow, count)
    rows = -(-count // columns)
    assert grid.shape == (3, rows * (4 + padding) + padding, columns * (5 + padding) + padding)
    expected = np.full(grid.shape, 0.25, np.float32)
    for k in range(count):
        for c in range(3):
            for i in range(4):
                for j in range(5):
                    top, left = k // columns * (4 + padding) + padding, k % columns * (5 + padding) + padding
                    expected[c, top + i, left + j] = x[k, c % channels, i, j]
    np.testing.assert_array_equal(grid, expected)


def test_forms_of_input():
    x = torch.tensor(RNG.random((3, 4, 5)))
    assert make_grid(x).shape == (3, 4, 5)
    assert make_grid(x[0]).shape == (3, 4, 5)
    assert make_grid(x[:1]).shape == (3, 4, 5)
    assert (make_grid([x, x]) == make_grid(torch.stack([x, x]))).all()
    assert make_grid(torch.zeros(2, 1, 2, 2, dtype=torch.uint8), pad_value=9).numpy().max() == 9
    taped = x.clone().requires_grad_()
    assert not make_grid(taped).requires_grad


def test_normalize():
    x = torch.tensor(RNG.normal(size=(2, 3, 4, 4)) * np.array([1, 10]).reshape(2, 1, 1, 1))
    whole = make_grid(x, normalize=True, padding=0)
    np.testing.assert_allclose(whole.numpy()[..., :4], (x[0] - x.min()).numpy() / (x.max() - x.min()).item())
    each = make_grid(x, normalize=True, scale_each=True, padding=0).numpy()
    for part in (each[..., :4], each[..., 4:]):
        assert (part.min(), part.max()) == (0, 1)
    ranged = make_grid(x, normalize=True, value_range=(-1, 1), padding=0).numpy()
    np.testing.assert_allclose(ranged[..., :4], (np.clip(x[0].numpy(), -1, 1) + 1) / 2)
    assert (make_grid(torch.ones(2, 1, 2, 2), normalize=True) == 0).all()


def test_save_image(tmp_path):
    image = pytest.importorskip("PIL.Image")
    x = torch.tensor([[[0.0, 0.5, 1.0, 2.0, -1.0, 0.998]]])
    save_image(x, tmp_path / "new" / "a.png")
    assert np.asarray(image.open(tmp_path / "new" / "a.png"))[0, :, 1].tolist() == [0, 128, 255, 255, 0, 254]
    buffer = io.BytesIO()
    save_image([x, x], buffer, format="PNG", nrow=1, padding=1, pad_value=1.0)
    assert image.open(buffer).size == (8, 5)
    with pytest.raises(ValueError, match="expected a name that ends as images do, such as .png, got"):
        save_image(x, tmp_path / "a.xyz")
    assert not (tmp_path / "a.xyz").exists()


@pytest.mark.parametrize(("call", "error", "match"), [
    (lambda: make_grid(3), TypeError, "expected a tensor or a sequence of tensors, got int"),
    (lambda: make_grid([]), ValueError, "expected images of one shape, got none"),
    (lambda: make_grid([torch.zeros(1, 2, 2), torch.zeros(1, 2, 3)]), ValueError, r"\(1, 2, 2\) and \(1, 2, 3\)"),
    (lambda: make_grid(torch.zeros(2)), ValueError, r"expected images \(N, C, H, W\), .* got shape"),
    (lambda: make_grid(torch.zeros(0, 1, 2, 2)), ValueError, "expected images"),
    (lambda: make_grid(torch.zeros(2, 1, 2, 2), nrow=0), ValueError, "nrow as an int of at least 1, got 0"),
    (lambda: make_grid(torch.zeros(2, 1, 2, 2), normalize=True, value_range=3), TypeError, "value_range as"),
    (lambda: make_grid(torch.zeros(2, 1, 2, 2, dtype=torch.uint8), normalize=True), TypeError, "floating dtype"),
])  # fmt: skip
def test_refuses(call, error, match):
    with pytest.raises(error, match=f"make_grid: .*{match}"):
        call()
