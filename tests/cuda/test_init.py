"""What scripts ask of a GPU before they choose the CPU: the answers of PyTorch on a machine without one."""

import pytest

import tinygrad_cnn as tg

ANSWERS = {
    "is_available": (), "is_initialized": (), "is_bf16_supported": (), "device_count": (), "manual_seed": (1,),
    "manual_seed_all": (1,), "empty_cache": (), "memory_allocated": (), "max_memory_allocated": (),
    "memory_reserved": (), "max_memory_reserved": (),
}  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), ANSWERS.items())
def test_the_answers_are_those_of_pytorch(name, arguments):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("PyTorch has a GPU here")
    assert getattr(tg.cuda, name)(*arguments) == getattr(torch.cuda, name)(*arguments)


def test_seeding_a_gpu_leaves_the_default_generator_alone():
    tg.manual_seed(3)
    tg.cuda.manual_seed_all(4)
    assert tg.initial_seed() == 3
