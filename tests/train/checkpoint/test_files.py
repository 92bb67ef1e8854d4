"""Checkpoint files: every bit comes back; whatever is wrong with a file is one clear error."""

import json
import math
import shutil
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinygrad_cnn as tg
import tinygrad_cnn.nn.functional as F
from tinygrad_cnn import nn, optim
from tinygrad_cnn.interop.tree import flatten, unflatten
from tinygrad_cnn.train import CheckpointError, Checkpoints, Trainer, load_checkpoint, save_checkpoint
from tinygrad_cnn.train.checkpoint import files

pytest.importorskip("safetensors")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers() | st.just("~"), inner, max_size=3)
    ),
    max_leaves=12,
)  # fmt: skip


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack("d", a) == struct.pack("d", b) or (math.isnan(a) and math.isnan(b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(trees)
def test_trees_come_back_as_they_were(tree):
    plain, arrays = flatten(tree)
    assert not arrays
    again = unflatten(json.loads(json.dumps(plain, allow_nan=False)), {})
    assert same(tree, again)


def test_arrays_keep_their_kind_and_bits(tmp_path):
    state = {
        "a": {"b": tg.tensor([1.5, float("nan")]), "b.c": np.arange(3)}, "a.b": tg.tensor(True), 7: [tg.zeros(0, 2)],
        "scalar": np.float64(0.1), "int": np.int32(-3),
    }  # fmt: skip
    path = save_checkpoint(tmp_path / "deep" / "x", state)
    assert path == tmp_path / "deep" / "x.json"
    for name in ("x", "x.json", "x.safetensors"):
        again = load_checkpoint(tmp_path / "deep" / name)
        assert np.isnan(again["a"]["b"][1].item())
        assert isinstance(again["a"]["b.c"], np.ndarray)
        assert (again["a.b"].item(), again[7][0].shape) == (True, (0, 2))
        assert (again["scalar"], type(again["scalar"]), again["int"]) == (0.1, float, -3)
    assert sorted(p.name for p in path.parent.iterdir()) == ["x.json", "x.safetensors"]


def test_what_no_file_can_hold_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"optimizer\.state\.0: expected numbers.*got function"):
        save_checkpoint(tmp_path / "x", {"optimizer": {"state": [same]}})
    assert list(tmp_path.iterdir()) == []
    for plain, text in [
        ({"~": "code", "value": "1"}, "tag 'code'"), ({"~": "tensor", "name": "gone"}, "tag 'tensor'"),
        ({"~": "dict", "items": [[[1], 2]]}, "tag 'dict'"), ({"~": ["dict"]}, "tag"),
        ({"~": "tuple", "items": 5}, "tag 'tuple'"),
        ({"~": "float", "value": "x"}, "tag 'float'"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=text):
            unflatten(plain, {})


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A folder with the checkpoints of a run of two epochs."""
    folder = tmp_path_factory.mktemp("run")
    tg.manual_seed(0)
    run(folder).fit(batches(), 2)
    return folder


def batches():
    return [(tg.ones(4, 2), tg.tensor([0, 1, 0, 1]))]


def run(folder):
    model = nn.Linear(2, 2)
    return Trainer(model, optim.Adam(model.parameters()), F.cross_entropy, callbacks=[Checkpoints(folder)])


def forge(path, change):
    """Rewrite the JSON of a checkpoint so that its own checksum is right."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    content.pop("sha256", None)
    content["sha256"] = files._content_hash(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def refused(folder, name="step-00000002.json"):
    """Load a checkpoint that is broken: one clear error that names the file, and nothing changed."""
    trainer = run(folder)
    before = [p.numpy().tobytes() for p in map(tg.Tensor.detach, trainer.model.parameters())]
    with pytest.raises(ValueError, match="step-00000002") as caught:
        trainer.fit(batches(), 3, resume=folder / name)
    assert [p.numpy().tobytes() for p in map(tg.Tensor.detach, trainer.model.parameters())] == before
    assert not trainer.optimizer.state
    assert (trainer.step, trainer.history.loss) == (0, [])
    return str(caught.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from([".json", ".safetensors"]))
def test_damage_anywhere_is_noticed_and_the_one_before_taken(good, tmp_path_factory, data, suffix):
    folder = tmp_path_factory.mktemp("copy") / "run"
    shutil.copytree(good, folder)
    path = folder / f"step-00000002{suffix}"
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["truncated", "longer", "flipped", "replaced", "empty", "missing"]))
    if kind == "flipped":
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "replaced":
        content[place : place + 9] = data.draw(st.binary(min_size=9, max_size=9))
    elif kind == "longer":
        content += data.draw(st.binary(min_size=1, max_size=50))
    elif kind == "truncated":
        del content[place:]
    elif kind == "empty":
        content.clear()
    harmless = suffix == ".json" and kind != "missing" and same_json(path.read_bytes(), bytes(content))
    path.unlink() if kind == "missing" else path.write_bytes(content)
    if harmless:  # such as a space at its end
        load_checkpoint(path)
        return
    refused(folder)
    trainer = run(folder)
    if suffix == ".json" and kind == "missing":  # then there is no checkpoint of that name
        trainer.resume(folder)
    else:
        with pytest.warns(UserWarning, match=f"damaged checkpoint skipped: .*step-00000002{suffix}"):
            trainer.resume(folder)
    assert trainer.step == 1


def same_json(a, b):
    try:
        return json.loads(a) == json.loads(b)
    except ValueError:
        return False


def test_hostile_json_is_refused(good, tmp_path, monkeypatch):
    path = tmp_path / "step-00000002.json"

    def fresh():
        for file in good.iterdir():
            shutil.copy(file, tmp_path)

    for content, text in [
        (b"[" * 200_000, "expected a checkpoint, got none or a damaged one"),
        (b"{" + b'"a":{' * 100_000, "expected a checkpoint, got none or a damaged one"),
        (b'{"sha256": ' + b"9" * 10_000 + b"}", "expected a checkpoint, got none or a damaged one"),
        (b"\xff\xfe\x00", "expected a checkpoint, got none or a damaged one"),
        (b"null", "SHA-256 is right"), (b"[]", "SHA-256 is right"), (b"{}", "SHA-256 is right"), (b"5", "SHA-256"),
        (b'{"sha256": NaN}', "SHA-256 is right"),
    ]:  # fmt: skip
        fresh()
        path.write_bytes(content)
        assert text in refused(tmp_path)

    deep = {"~": "dict", "items": []}
    for _ in range(110):
        deep = {"~": "tuple", "items": [deep]}
    for change, text in [
        (lambda c: c.update(version=2), "version 1, got 2"),
        (lambda c: c.update(format="other"), "SHA-256 is right"),
        (lambda c: c.update(extra=1), "SHA-256 is right"),
        (lambda c: c.update(tensors=5), "bytes of the arrays, got 5"),
        (lambda c: c["tensors"].update(bytes=10**30), f"expected {10**30} bytes"),
        (lambda c: c["tensors"].update(sha256="0" * 64), "it is damaged"),
        (lambda c: c["tensors"].update(sha256=None), "it is damaged"),
        (lambda c: c.update(versions=[]), "bytes of the arrays"),
        (lambda c: c.update(state=None), "got NoneType"),
        (lambda c: c.update(state=deep), "expected containers of at most 100 levels, got more"),
        (lambda c: c.update(state={"~": "tensor", "name": "../../etc/passwd"}), "tag 'tensor'"),
        (lambda c: c["state"].update(model={"~": "code"}), "tag 'code'"),
        (lambda c: c["state"].update(model={"__class__": 1}), "weight"),
        (lambda c: c["state"].update(progress={"epoch": 10**400, "step": 0, "batch": 0, "seconds": "x"}), "x"),
        (lambda c: c["state"]["optimizer"].update(param_groups="abc"), "parameter groups"),
        (lambda c: c["state"]["optimizer"]["param_groups"][0].update(lr="fast"), "does not fit"),
        (lambda c: c["state"]["optimizer"]["param_groups"][0].update(lr=-1.0), "learning rate: -1.0"),
        (lambda c: c["state"]["random"].update(numpy=7), "random streams"),
    ]:  # fmt: skip
        fresh()
        forge(path, change)
        assert text in refused(tmp_path)

    fresh()
    monkeypatch.setattr(files, "_LARGEST", 100)
    assert "expected at most 100 bytes, got more" in refused(tmp_path)


def test_a_folder_is_no_checkpoint_file(tmp_path):
    (tmp_path / "step-00000002.json").mkdir()
    with pytest.raises(CheckpointError, match="step-00000002.json: cannot be read"):
        load_checkpoint(tmp_path / "step-00000002.json")
    with pytest.raises(CheckpointError, match="none.json: cannot be read"):
        run(tmp_path).fit(batches(), 1, resume=tmp_path / "none")


def test_the_name_is_on_the_disk_when_saving_returns(tmp_path, monkeypatch):
    """Files and folder are brought to the disk in the order: arrays, their name, JSON, its name."""
    import os

    calls = []
    fsync, replace = os.fsync, os.replace

    def synced(number):
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{number}") else "file")
        fsync(number)

    def renamed(source, target):
        calls.append(str(target).rpartition(".")[2])
        replace(source, target)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("which file is synced is asked of /proc")
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    save_checkpoint(tmp_path / "x", {"x": tg.ones(1)})
    assert calls == ["file", "safetensors", "folder", "file", "json", "folder"]


def test_a_changed_number_in_the_json_is_found_by_its_checksum(tmp_path):
    path = save_checkpoint(tmp_path / "a", {"step": 2})
    content = json.loads(path.read_text(encoding="utf-8"))
    content["state"]["step"] = 3
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CheckpointError, match="SHA-256 is right"):
        load_checkpoint(path)


def test_another_version_is_said_and_nothing_else(tmp_path):
    path = save_checkpoint(tmp_path / "a", {})
    forge(path, lambda content: content.update(version=2))
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    assert str(caught.value) == f"{path}: expected a checkpoint of version 1, got 2"
