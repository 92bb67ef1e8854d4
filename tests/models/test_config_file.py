"""Files that describe a `CnnBasicModel`: the formats, and what is refused."""

import json
import sys

import numpy as np
import pytest

import tinygrad_cnn as tg
from tinygrad_cnn.models import (
    CnnBasicModel,
)

TOML = """\
input_size = [3, 8, 8]
num_classes = 2
hconfigs = [["conv", {ksize = 3, chn = 4}], ["max", {stride = [2, 4]}], 6]
"""


YAML = """\
num_classes: 2
input_size: [3, 8, 8]
hconfigs:
  - [conv, {ksize: 3, chn: 4}]
  - [max, {stride: [2, 4]}]
  - 6
"""


def test_the_three_formats_say_the_same(tmp_path):
    pytest.importorskip("yaml")
    same = [["conv", {"ksize": 3, "chn": 4}], ["max", {"stride": [2, 4]}], 6]
    texts = {
        "a.toml": TOML, "b.yaml": YAML, "c.YML": YAML,
        "d.json": json.dumps({"hconfigs": same, "input_size": [3, 8, 8], "num_classes": 2}),
    }  # fmt: skip
    expected = repr(CnnBasicModel(same, (3, 8, 8), 2))
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert repr(CnnBasicModel.from_file(tmp_path / name)) == expected, name


def test_a_bare_list_and_arguments_in_place_of_the_files(tmp_path):
    (tmp_path / "list.json").write_text("[30, 10]", encoding="utf-8")
    assert repr(CnnBasicModel.from_file(tmp_path / "list.json")) == repr(CnnBasicModel([30, 10]))
    (tmp_path / "net.toml").write_text(TOML, encoding="utf-8")
    model = CnnBasicModel.from_file(str(tmp_path / "net.toml"), input_size=(1, 4, 4), num_classes=9)
    np.testing.assert_array_equal(model(tg.zeros(2, 1, 4, 4)).shape, (2, 9))


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("a.ini", "", ValueError, r"a\.ini: expected a file that ends with one of \.json, \.toml, \.yaml, \.yml"),
        ("a.json", "[30,", ValueError, r"a\.json: expected valid JSON: .*line 1"),
        ("a.toml", "x = [", ValueError, r"a\.toml: expected valid TOML"),
        ("a.yaml", "a: [", ValueError, r"a\.yaml: expected valid YAML"),
        ("a.yaml", "!!python/object/apply:os.getcwd []", ValueError, r"a\.yaml: expected valid YAML"),
        ("a.json", "{}", ValueError, r"a\.json: expected a table with the key hconfigs, got {}"),
        ("a.json", "3", ValueError, r"expected a table with the key hconfigs, got 3"),
        (
            "a.toml",
            "hconfigs = [3]\nname = 'x'",
            ValueError,
            r"keys among hconfigs, input_size, num_classes, got 'name'",
        ),
        ("a.toml", "hconfigs = [3]\ninput_size = 28", TypeError, r"expected input_size as a list of ints, got 28"),
        ("a.toml", "hconfigs = [3]\nnum_classes = 2.0", TypeError, r"expected num_classes as an int, got 2\.0"),
        ("a.json", '[["pool"]]', ValueError, r"a\.json: hconfigs\[0\]: expected the kind as one of"),
        ("a.json", '["conv"]', TypeError, r"a\.json: hconfigs\[0\]: expected a width or"),
    ],
)
def test_files_that_describe_no_model(name, text, error, message, tmp_path):
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message):
        CnnBasicModel.from_file(tmp_path / name)


def test_yaml_without_pyyaml_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "a.yaml").write_text(YAML, encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match=r'pip install "tinygrad-cnn\[yaml\]"'):
        CnnBasicModel.from_file(tmp_path / "a.yaml")


LAUGHS = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)) + "hconfigs: *a59\n"


MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 40))


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("a.yaml", LAUGHS, "expected at most 100,000 values with all aliases written out, got more"),
        ("a.yaml", MERGES, "expected at most 100,000 values with all aliases written out, got more"),
        ("a.yaml", "hconfigs: &a [*a]", "expected at most 100,000 values"),
        ("a.yaml", "[" * 10_000, "expected at most 32 levels, got more"),
        ("a.json", "[" * 100_000, "expected layers, got values nested more deeply than can be read"),
        ("a.toml", "a = " + "[" * 100_000, "nested more deeply than can be read|expected valid TOML"),
        ("a.json", "[" + "1," * 200_000 + "1]", "expected a file of at most 262,144 bytes, got 400,003"),
        ("a.json", '{"x": ' + "[" * 900 + "]" * 900 + "}", "expected a table with the key hconfigs"),
        ("a.json", '{"hconfigs": [], "imput_size": [1]}', "got 'imput_size'; did you mean 'input_size'"),
    ],
)
def test_files_that_ask_for_too_much(name, text, match, tmp_path):
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=match) as caught:
        CnnBasicModel.from_file(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert len(str(caught.value)) < 500


def test_aliases_are_fine_in_measure(tmp_path):
    pytest.importorskip("yaml")
    (tmp_path / "a.yaml").write_text(
        "hconfigs: [&c [conv, {ksize: 3, chn: 2}], *c, 5]\ninput_size: [1, 8, 8]", encoding="utf-8"
    )
    assert repr(CnnBasicModel.from_file(tmp_path / "a.yaml")) == repr(
        CnnBasicModel([["conv", {"ksize": 3, "chn": 2}]] * 2 + [5], input_size=(1, 8, 8))
    )
