"""`Config`: what a TOML file may say, its defaults and its mistakes."""

import pytest

from tinygrad_cnn.cli.checks import ConfigError
from tinygrad_cnn.cli.config import SCALARS, read_config


def test_settings_have_their_defaults_and_types(toy):
    config = read_config(toy(("epochs = 2", "clip_grad_norm = 1")))
    assert {name: getattr(config, name) for name in SCALARS} == {
        "epochs": 10, "batch_size": 8, "seed": 0, "accumulate": 1, "clip_grad_norm": 1.0, "num_workers": 0,
        "checkpoint_every": None, "keep_checkpoints": 3,
    }  # fmt: skip
    assert config.model == ("ConvNet2", {"init": "he"})
    assert config.data == ("toy", {"validation": 6})
    assert config.optimizer == ("SGD", {"lr": 0.01})
    assert (config.schedule, config.early_stopping) == (None, None)
    assert config.place("data.root") == f"{config.path}: data.root"
    with pytest.raises(AttributeError, match="Config has no setting 'epoch'"):
        config.epoch  # noqa: B018


def test_optional_tables_are_read(toy):
    more = "lr = 0.01\n[schedule]\nname = 'StepLR'\nstep_size = 2\n[early_stopping]\npatience = 4"
    config = read_config(toy(("lr = 0.01", more)))
    assert config.schedule == ("StepLR", {"step_size": 2})
    assert config.early_stopping == {"patience": 4}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs = 2", "epochs = 0", "epochs: expected at least 1, got 0"),
        ("epochs = 2", "seed = 18446744073709551616", "seed: expected at most 18,446,744,073,709,551,615"),
        ("epochs = 2", "clip_grad_norm = nan", "clip_grad_norm: expected at least 0, got nan"),
        ("epochs = 2", "checkpoint_every = 0", "checkpoint_every: expected at least 1, got 0"),
        ("epochs = 2", "epoch = 2", "expected keys among epochs, .*did you mean 'epochs'"),
        ("epochs = 2", "model = 3\n", "expected model as a table|Cannot"),
        ('name = "toy"', "", 'data: expected name = "…", got None'),
    ],
)
def test_mistakes_name_the_place(toy, old, new, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(toy((old, new)))
    assert "toy.toml: " in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"# caf\xe9", "expected text in UTF-8, got the byte 0xe9"),
        (b"epochs = 1\n".decode("ascii").encode("utf-16"), "expected text in UTF-8"),
        (b"a = " + b"[" * 50_000, "nested less deeply"),
        (b"a = " + b"{a=" * 50_000, "nested less deeply"),
        (b"a = 1\0", "expected valid TOML"),
    ],
)
@pytest.mark.parametrize("command", ["train", "summary"])
def test_files_that_are_no_toml_are_named(fails, tmp_path, command, content, message):
    (tmp_path / "c.toml").write_bytes(content)
    found = fails(command, "c.toml")
    assert found.startswith("c.toml: ")
    assert message in found


def test_the_mark_that_some_editors_begin_a_file_with_is_passed_over(cli, toy):
    path = toy()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert cli("train", path).code == 0
    assert cli("train", "--resume", "runs/toy-001").code == 0


def test_the_documentation_lists_every_setting():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for name in SCALARS:
        assert f"`{name}`" in page
