"""The course forms of the trainer: their arguments, their printed lines."""

import re

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn import nn
from tinygrad_cnn.data import toy_patterns
from tinygrad_cnn.models import ConvNet2
from tinygrad_cnn.train import accuracy
from tinygrad_cnn.train.reports import ArrayTrainer, CostLines, exec_all


@pytest.fixture
def toy():
    (x_train, t_train), (x_test, t_test) = toy_patterns()
    return x_train, t_train, x_test, t_test


def test_array_trainer_prints_losses_and_accuracies(toy):
    lines = []
    network = ConvNet2(init="he")
    trainer = ArrayTrainer(
        network, *toy, epochs=3, mini_batch_size=8, optimizer="Adam", optimizer_param={"lr": 0.01},
        evaluate_sample_num_per_epoch=20, write=lines.append,
    )  # fmt: skip
    history = trainer.train()
    assert len(lines) == 3 * (5 + 1) + 2
    for i in (0, 4, 6):
        assert re.fullmatch(r"train loss:\d\.\d+(e-\d+)?", lines[i])
    assert [float(line.split(":")[1]) for line in lines if line.startswith("train")] == trainer.train_loss_list
    found = [re.fullmatch(r"=== epoch:(\d), train acc:(\d\.\d{3}), test acc:(\d\.\d{3}) ===", lines[i])
             for i in (5, 11, 17)]  # fmt: skip
    assert [match[1] for match in found] == ["1", "2", "3"]
    assert float(found[-1][3]) == pytest.approx(trainer.test_acc_list[-1], abs=5e-4)
    assert trainer.test_acc_list[-1] == accuracy(network, toy[2][:20], toy[3][:20])
    assert lines[-2:] == ["=============== Final Test Accuracy ===============",
                          f"test acc:{accuracy(network, toy[2], toy[3])}"]  # fmt: skip
    assert history is trainer.history
    assert trainer.train_loss_list == history.loss


def test_array_trainer_takes_arrays_and_is_silent_if_asked(toy):
    lines = []
    arrays = [np.asarray(part) for part in toy]
    trainer = ArrayTrainer(ConvNet2(), *arrays, epochs=1, optimizer="momentum", verbose=False, write=lines.append)
    trainer.train()
    assert not lines
    assert trainer.trainer.optimizer.param_groups[0]["momentum"] == 0.9
    with pytest.raises(ValueError, match="optimizer as one of sgd, momentum, .*, got 'adamm'; did you mean 'adam'"):
        ArrayTrainer(ConvNet2(), *toy, optimizer="adamm")


def test_exec_all_prints_the_lines_of_the_notes(toy):
    lines = []
    model = nn.Sequential(nn.Flatten(), nn.Linear(121, 3))
    train, test = toy[:2], toy[2:]
    history, found = exec_all(
        model, train, test, test, epoch_count=5, batch_size=8, report=2, name="toy_model", write=lines.append
    )
    line = r"Epoch {}: cost=\d\.\d{{3}}, accuracy=\d\.\d{{3}}/\d\.\d{{3}} \(\d+/\d+ secs\)"
    patterns = [
        "Model toy_model train started:", line.format(2), line.format(4), r"Model toy_model train ended in \d+ secs:",
        rf"Model toy_model test report: accuracy = {found:.3f}, \(\d+ secs\)",
    ]  # fmt: skip
    assert len(lines) == len(patterns)
    for text, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, text)
    row = history.rows[1]
    assert f"cost={row['loss']:.3f}, accuracy={row['accuracy']:.3f}/{row['validation_accuracy']:.3f} " in lines[1]
    assert found == accuracy(model, *test)


def test_exec_all_can_do_without_adam(toy):
    tg.manual_seed(0)
    sgd = exec_all(ConvNet2(), toy[:2], toy[2:], toy[2:], epoch_count=1, use_adam=False, report=0, write=len)[0]
    tg.manual_seed(0)
    adam = exec_all(ConvNet2(), toy[:2], toy[2:], toy[2:], epoch_count=1, report=0, write=len)[0]
    assert sgd.loss[0] == adam.loss[0]
    assert sgd.loss[-1] != adam.loss[-1]
    with pytest.raises(ValueError, match="report of at least 0 epochs, got -1"):
        CostLines(-1)
