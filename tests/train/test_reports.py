"""The course forms of the trainer: their arguments, their printed lines."""

import re

import numpy as np
import pytest

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.data import DataLoader, TensorDataset, toy_patterns
from tinygrad_cnn.models import ConvNet2
from tinygrad_cnn.train import Callback, Trainer, accuracy
from tinygrad_cnn.train.reports import ArrayTrainer, CostLines, exec_all


@pytest.fixture
def toy():
    (x_train, t_train), (x_test, t_test) = toy_patterns()
    return x_train, t_train, x_test, t_test


def test_array_trainer_prints_losses_and_accuracies(toy):
    lines = []
    network = ConvNet2(init="he")
    trainer = ArrayTrainer(
        network, *toy, epochs=3, mini_batch_size=8, optimizer="Adam", optimizer_param={"lr": 0.02},
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
    assert [float(match[2]) for match in found] == pytest.approx(trainer.train_acc_list, abs=5e-4)
    assert [float(match[3]) for match in found] == pytest.approx(trainer.test_acc_list, abs=5e-4)
    assert trainer.train_acc_list == history.column("train_accuracy")
    assert trainer.trainer.optimizer.param_groups[0]["lr"] == 0.02
    assert trainer.network is network
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


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_exec_all_trains_in_random_order_with_adam_or_plain_sgd(toy, kind):
    train, test = toy[:2], toy[2:]
    model, twin = nn.Sequential(nn.Flatten(), nn.Linear(121, 3)), nn.Sequential(nn.Flatten(), nn.Linear(121, 3))
    twin.load_state_dict(model.state_dict())
    tg.manual_seed(0)
    how = {"epoch_count": 1, "batch_size": 8, "learning_rate": 0.01, "use_adam": kind is optim.Adam}
    found, _ = exec_all(model, train, test, test, **how, report=0, write=len)
    tg.manual_seed(0)
    shuffled = DataLoader(TensorDataset(*train), batch_size=8, shuffle=True)
    expected = Trainer(twin, kind(twin.parameters(), lr=0.01), F.cross_entropy).fit(shuffled, 1)
    assert found.loss == expected.loss


def test_array_trainer_takes_its_batches_in_random_order(toy):
    network, twin = (nn.Sequential(nn.Flatten(), nn.Linear(121, 3)) for _ in range(2))
    twin.load_state_dict(network.state_dict())
    tg.manual_seed(0)
    found = ArrayTrainer(network, *toy, epochs=1, mini_batch_size=8, verbose=False).train()
    tg.manual_seed(0)
    shuffled = DataLoader(TensorDataset(*toy[:2]), batch_size=8, shuffle=True)
    expected = Trainer(twin, optim.SGD(twin.parameters(), lr=0.01), F.cross_entropy).fit(shuffled, 1)
    assert found.loss == expected.loss


class StopAtOnce(Callback):
    def on_step_end(self, trainer):
        trainer.stop("enough")


def test_array_trainer_that_is_stopped_within_the_first_epoch_has_measured_nothing(toy):
    trainer = ArrayTrainer(ConvNet2(), *toy, epochs=1, mini_batch_size=8, verbose=False)
    trainer.trainer.callbacks = [StopAtOnce()]
    trainer.train()
    assert len(trainer.train_loss_list) == 1
    assert trainer.train_acc_list == trainer.test_acc_list == []


def test_exec_all_says_what_it_did_if_a_run_is_stopped_at_once(toy):
    model = nn.Sequential(nn.Flatten(), nn.Linear(121, 3))
    lines = []
    history, _ = exec_all(model, toy[:2], toy[2:], toy[2:], epoch_count=1, report=0, name="toy", write=lines.append)
    assert lines[1] == f"Model toy train ended in {history.rows[-1]['seconds']:.0f} secs:"


def test_cost_lines_give_the_seconds_since_the_line_before_and_since_the_start():
    """Also in a run that goes on: the first line of a call is not about the epochs of the call before."""
    lines = []
    model = nn.Linear(2, 2)
    run = Trainer(model, optim.SGD(model.parameters()), F.cross_entropy)
    callback = CostLines(1, lines.append)

    def epochs(*seconds):
        callback.on_fit_start(run)
        for i, one in enumerate(seconds):
            run.epoch += 1
            measured = {"loss": 1.0, "accuracy": i / 4, "validation_accuracy": 0.5, "seconds": one}
            run.history.rows.append(measured)
            callback.on_epoch_end(run)

    epochs(100.0, 350.0, 650.0)
    epochs(700.0)
    assert [line[line.index("accuracy") :] for line in lines] == [
        "accuracy=0.000/0.500 (100/100 secs)",
        "accuracy=0.250/0.500 (250/350 secs)",
        "accuracy=0.500/0.500 (300/650 secs)",
        "accuracy=0.000/0.500 (50/700 secs)",
    ]


def test_exec_all_can_do_without_adam(toy):
    tg.manual_seed(0)
    sgd = exec_all(ConvNet2(), toy[:2], toy[2:], toy[2:], epoch_count=1, use_adam=False, report=0, write=len)[0]
    tg.manual_seed(0)
    adam = exec_all(ConvNet2(), toy[:2], toy[2:], toy[2:], epoch_count=1, report=0, write=len)[0]
    assert sgd.loss[0] == adam.loss[0]
    assert sgd.loss[-1] != adam.loss[-1]
    with pytest.raises(ValueError, match="report of at least 0 epochs, got -1"):
        CostLines(-1)
