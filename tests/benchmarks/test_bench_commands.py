"""The commands from end to end, their history, and the page that is made of it."""

import json
import os
import subprocess

import pytest

pytest.importorskip("rich")

from benchmarks import (
    before,
    frameworks,
    history,
    jax_step,
    layers,
    numba_conv,
    overhead,
    processes,
    report,
    shapes,
    train_step,
)
from benchmarks.processes import ROOT

QUICK = ["--rounds", "1", "--seconds", "0.02", "--threads", "1"]


@pytest.fixture
def compiled_before(monkeypatch):
    """Give training steps the kernels compiled before, where they begin with an empty folder: compiling takes long."""

    def run(task, framework, threads, arguments, environment):
        (folder,) = environment.values()
        assert list(environment) == ["TINYGRAD_CNN_CACHE"]
        assert os.listdir(folder) == []
        return processes.run(task, framework, threads, arguments)

    def alternate(*arguments):
        *others, environment = arguments
        assert list(environment) == ["TINYGRAD_CNN_CACHE"]
        return processes.alternate(*others)

    monkeypatch.setattr(train_step, "run", run)
    monkeypatch.setattr(train_step, "alternate", alternate)


def test_networks_without_pytorch(tmp_path, capsys, monkeypatch, compiled_before):
    monkeypatch.setattr(frameworks, "available", lambda name: name == "ours")
    file = tmp_path / "deep" / "history.json"
    train_step.main(["--vs", "torch", "--networks", "W0", *QUICK, "--json", str(file)])
    out = capsys.readouterr().out
    assert out.startswith("torch is not installed (pip install torch): measuring tinygrad_cnn only")
    assert "tinygrad_cnn: 1 threads" in out
    (line,) = history.read(file)
    (row,) = line["rows"]
    assert row["name"] == "W0"
    assert "torch" not in row
    assert 0 < row["least_s"] < row["ours"]["step_s"] < row["ours"]["import_s"]
    assert {"cpu", "cores", "os", "python"} == set(line["machine"])
    assert "numpy" in line["versions"]
    assert line["arguments"]["threads"] == 1
    text = report.TABLES["networks"]([line])
    assert "| W0 |" in text
    assert "The roof: sgemm " in text
    assert " GFLOP/s; copies " in text
    assert "1 threads" in text


@pytest.mark.parametrize(
    ("command", "options", "name"), [(shapes, ["--shapes", "odd"], "odd"), (overhead, [], "forward")]
)
def test_other_commands_alone(command, options, name, tmp_path, capsys):
    file = tmp_path / "history.json"
    command.main([*options, *QUICK, "--json", str(file)])
    assert "ours" in capsys.readouterr().out
    assert history.read(file)[0]["rows"][0]["name"] == name


def test_two_checkouts_in_turn(capsys):
    before.main([str(ROOT), "--what", "shapes", "overhead", "--shapes", "odd", *QUICK])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["shapes", "odd"] in [line[:2] for line in lines]
    assert {"overhead"} < {line[0] for line in lines if line}


def test_a_folder_that_is_no_checkout_is_refused(capsys, tmp_path):
    with pytest.raises(SystemExit):
        before.main([str(tmp_path)])
    assert "expected a checkout of this repository, got" in capsys.readouterr().err


@pytest.mark.slow
def test_against_pytorch(tmp_path, compiled_before):
    pytest.importorskip("torch")
    file = tmp_path / "history.json"
    commands = {train_step: ["--networks", "W0"], shapes: ["--shapes", "grey"], overhead: [], layers: ["W0"]}
    for command, options in commands.items():
        command.main([*options, "--vs", "torch", *QUICK, "--json", str(file)])
    lines = history.read(file)
    assert [f"benchmarks.{line['command']}" for line in lines] == [command.__name__ for command in commands]
    for row in lines[0]["rows"]:
        assert row["ours"]["check"] == pytest.approx(row["torch"]["check"], rel=1e-2)
    page = report.fill((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), {
        name: text for name, make in report.TABLES.items() if (text := make(lines)) is not None
    })  # fmt: skip
    assert page.count("| geometric mean |") == 2
    assert "0 Conv2d" in page.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.slow
def test_the_loop_for_numba_computes_the_convolution(tmp_path, capsys):
    pytest.importorskip("numba")
    file = tmp_path / "history.json"
    numba_conv.main([*QUICK, "--json", str(file)])  # fails if the results differ
    assert "first call with an empty cache" in capsys.readouterr().out
    ours, numba = history.read(file)[0]["rows"]
    assert (ours["name"], numba["name"]) == ("ours", "numba")
    assert numba["cold_s"] > numba["medians"]
    assert "Numba, a loop" in report.TABLES["numba"](history.read(file))


def test_without_numba_its_loop_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(numba_conv, "available", lambda _: False)
    numba_conv.main(QUICK)
    assert "numba is not installed (pip install numba)" in capsys.readouterr().out


@pytest.mark.slow
def test_jax_takes_the_same_step(tmp_path, capsys):
    pytest.importorskip("jax")
    file = tmp_path / "history.json"
    jax_step.main([*QUICK, "--json", str(file)])  # fails if the losses differ
    assert "jax, images in NumPy arrays, round by round: " in capsys.readouterr().out
    ours, theirs = history.read(file)[0]["rows"]
    assert (ours["name"], theirs["name"]) == ("ours", "jax")
    assert ours["check"] == pytest.approx(theirs["check"], rel=1e-4)
    assert ours["check"][0] > ours["check"][2]  # it trains
    assert "| jax.jit |" in report.TABLES["jax"](history.read(file))


def test_without_jax_its_step_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(jax_step, "available", lambda _: False)
    jax_step.main(QUICK)
    assert "jax is not installed (pip install jax)" in capsys.readouterr().out


def test_the_environment_of_a_child(monkeypatch):
    seen = {}

    def run(command, **options):
        seen.update(options, command=command)
        return subprocess.CompletedProcess(command, 0, 'noise\n{"x": 1}\n', "")

    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "512")
    monkeypatch.setattr(subprocess, "run", run)
    assert processes.run("task", "ours", 2, {"a": 1}, {"CACHE": "here"}) == {"x": 1}
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & seen["env"].keys()
    assert seen["env"]["OMP_NUM_THREADS"] == seen["env"]["OPENBLAS_NUM_THREADS"] == "2"
    assert seen["env"]["CACHE"] == "here"
    assert seen["command"][-4:] == ["task", "ours", "2", '{"a": 1}']


def test_processes_alternate(monkeypatch):
    order = []
    monkeypatch.setattr(processes, "run", lambda task, framework, *_: order.append(framework) or {"n": len(order)})
    found = processes.alternate("task", ["ours", "torch"], 1, {}, 2)
    assert order == ["ours", "torch", "ours", "torch"]
    assert found == {"ours": [{"n": 1}, {"n": 3}], "torch": [{"n": 2}, {"n": 4}]}


def test_a_child_that_fails_says_why():
    with pytest.raises(RuntimeError, match=r"benchmarks\.shapes with ours and .*failed:\n(.|\n)*KeyError: 'round'"):
        processes.run("benchmarks.shapes", "ours", 1, {"shape": "round", "seconds": 0.1})


@pytest.mark.parametrize("option", [["--rounds", "0"], ["--seconds", "x"], ["--networks", "W9"], ["--vs", "jax"]])
def test_bad_options_are_refused(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        train_step.main(option)
    assert f"argument {option[0]}: invalid" in capsys.readouterr().err


def line(date, names, seconds):
    rows = [{"name": name, "title": name, "ours": {"step_s": seconds}, "torch": {"step_s": 2.0}} for name in names]
    return {
        "command": "shapes", "date": date, "rows": rows, "versions": {"numpy": "2"}, "arguments": {"threads": 2},
        "machine": {"cpu": "C", "cores": 2, "os": "O", "python": "3"}, "others": 0.01,
    }  # fmt: skip


def test_the_newest_figures_of_each_name_make_the_table(tmp_path):
    file = tmp_path / "h.json"
    file.write_text("".join(json.dumps(one) + "\n" for one in (
        line("2026-01-01T00:00", ["odd", "stem"], 4.0), line("2026-01-02T00:00", ["odd"], 1.0)
    )), encoding="utf-8")  # fmt: skip
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- begin shapes -->\nold\n<!-- end shapes -->\nz\n", encoding="utf-8")
    for _ in range(2):
        report.main([str(file), "--into", str(page)])
        text = page.read_text(encoding="utf-8")
        assert "old" not in text
        assert text.startswith("a\n")
        assert text.endswith("z\n")
        assert "| odd | odd | 1000 | 2000 | 0.50 |" in text
        assert "| stem | stem | 4000 | 2000 | 2.00 |" in text
        assert "| geometric mean |  |  |  | 1.00 |" in text
        assert "2026-01-01 and 2026-01-02; C, 2 cores" in text


def test_pages_and_histories_that_do_not_fit(tmp_path):
    with pytest.raises(ValueError, match="begin shapes"):
        report.fill("nothing", {"shapes": "text"})
    file = tmp_path / "h.json"
    for text in ("{", "[]", '{"command": "shapes"}'):
        file.write_text(f"{json.dumps(line('d', [], 1.0))}\n{text}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=r"h\.json:2: expected"):
            history.read(file)
