"""`Size`: a tuple that prints as PyTorch's."""

import tinygrad_cnn as tg


def test_it_is_the_shape_and_prints_as_pytorch_does():
    size = tg.zeros(2, 3, 4).size()
    assert size == (2, 3, 4)
    assert repr(size) == "torch.Size([2, 3, 4])"
    assert size.numel() == 24
    assert tg.Size([]).numel() == 1


def test_slices_and_sums_are_sizes_and_elements_are_numbers():
    size = tg.Size([2, 3, 4])
    assert repr(size[1:]) == "torch.Size([3, 4])"
    assert repr(size + size[:1]) == "torch.Size([2, 3, 4, 2])"
    assert size[-1] == 4
