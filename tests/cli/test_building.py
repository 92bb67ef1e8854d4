"""What a configuration builds: model, optimizer, schedule and early stopping."""

import pytest

from tinygrad_cnn import optim
from tinygrad_cnn.cli.building import build_early_stopping, build_model, build_optimizer, build_schedule, check_fit
from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.config import read_config
from tinygrad_cnn.models import ConvNet2
from tinygrad_cnn.train import CheckpointFolder, load_checkpoint


def test_models_are_built_with_their_own_arguments(toy):
    model = build_model("here", ("resnet18", {"num_classes": 7}))
    assert model.fc.out_features == 7
    assert build_model("here", ("ConvNet2", {"kernel_num": 3})).conv1.out_channels == 3
    for part, message in [
        (("ResNet", {}), "here: expected name among .*, got 'ResNet'"),
        (
            ("resnet18", {"weights": "x"}),
            "here: expected settings among num_classes, zero_init_residual, got 'weights'",
        ),
        (("ConvNet2", {"init": "x"}), "here: ConvNet2: expected init"),
    ]:
        with pytest.raises(ConfigError, match=message):
            build_model("here", part)


def test_a_model_must_fit_the_images_and_keeps_its_modes():
    model = ConvNet2()
    model.fc1.eval()
    check_fit("here", model, (1, 11, 11), 3)
    check_fit("here", model, (1, 11, 11), None)
    assert (model.training, model.fc1.training) == (True, False)
    with pytest.raises(ConfigError, match=r"here: expected scores of 4 classes, \(1, 4\) for an image, got \(1, 3\)"):
        check_fit("here", model, (1, 11, 11), 4)
    with pytest.raises(ConfigError, match="here: expected a model for images of 1×9×9: "):
        check_fit("here", model, (1, 9, 9), 3)
    assert (model.training, model.fc1.training) == (True, False)


def test_the_optimizer_has_the_settings_and_the_named_parameters(toy):
    model = ConvNet2()
    optimizer = build_optimizer(read_config(toy(('"SGD"', '"Adam"'))), model)
    assert type(optimizer) is optim.Adam
    assert optimizer.param_groups[0]["lr"] == 0.01
    assert optimizer.param_groups[0]["param_names"] == [name for name, _ in model.named_parameters()]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("name = 'CosineAnnealingLR'", {"T_max": 2}),
        ("name = 'CosineAnnealingLR'\nevery = 'step'", {"T_max": 10}),
        ("name = 'CosineAnnealingLR'\nT_max = 7", {"T_max": 7}),
        ("name = 'OneCycleLR'\nmax_lr = 0.1", {"total_steps": 10}),
        ("name = 'ReduceLROnPlateau'\nmonitor = 'accuracy'", {"mode": "max"}),
        ("name = 'ReduceLROnPlateau'\nmonitor = 'loss'", {"mode": "min"}),
    ],
)
def test_schedules_last_as_long_as_the_run(toy, table, expected):
    config = read_config(toy(("lr = 0.01", f"lr = 0.01\n[schedule]\n{table}")))
    (callback,) = build_schedule(config, build_optimizer(config, ConvNet2()), steps_per_epoch=5)
    assert {name: getattr(callback.scheduler, name) for name in expected} == expected
    assert callback.every == ("step" if "'step'" in table or "OneCycle" in table else "epoch")


def test_without_tables_there_is_no_schedule_and_no_early_stopping(toy):
    config = read_config(toy())
    assert build_schedule(config, build_optimizer(config, ConvNet2()), 5) == []
    assert build_early_stopping(config) == []
    config = read_config(toy(("lr = 0.01", "lr = 0.01\n[early_stopping]\npatience = 4")))
    (stopping,) = build_early_stopping(config)
    assert (stopping.patience, stopping.monitor) == (4, "validation_loss")


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("[early_stopping]\nmonitor = 'val_loss'", "early_stopping: EarlyStopping: expected mode|did you mean"),
        ("[early_stopping]\nmonitor = 'validation_acc'", "did you mean 'validation_accuracy'?"),
        ("[schedule]\nname = 'ReduceLROnPlateau'\nmonitor = 'validation_los'", "did you mean 'validation_loss'?"),
        ("[schedule]\nname = 'ReduceLROnPlateau'\nmonitor = 'loss'\nmode = 'max'", "with mode='min' to watch 'loss'"),
    ],
)
def test_what_is_watched_is_checked_before_the_run(fails, toy, tmp_path, table, error):
    found = fails("train", toy(("lr = 0.01", f"lr = 0.01\n\n{table}")))
    assert any(part in found for part in error.split("|"))
    assert not (tmp_path / "runs").exists()


def test_without_validation_nothing_of_it_can_be_watched(fails, toy):
    found = fails("train", toy(("validation = 6", ""), ("lr = 0.01", "lr = 0.01\n\n[early_stopping]")))
    assert "early_stopping: expected validation = … in [data], for 'validation_loss' is measured" in found


def test_the_mode_follows_from_what_is_watched(cli, toy, tmp_path):
    """An accuracy that rises is no plateau and no reason to stop."""
    watching = "[early_stopping]\nmonitor = 'accuracy'\n[schedule]\nname = 'ReduceLROnPlateau'\nmonitor = 'accuracy'"
    config = toy(("epochs = 2", "epochs = 4"), ("lr = 0.01", f"lr = 0.01\n\n{watching}"))
    assert cli("train", config).code == 0
    state = load_checkpoint(CheckpointFolder(tmp_path / "runs" / "toy-001" / "checkpoints").paths()[0])
    assert state["callbacks"]["EarlyStopping"]["best"]["mode"] == "max"
    assert state["callbacks"]["LRSchedule"]["scheduler"]["mode"] == "max"
