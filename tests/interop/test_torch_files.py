"""Files of ``torch.save`` are read without running code; forged ones are refused."""

import io
import struct
import zipfile
import zlib
from collections import OrderedDict

import numpy as np
import pytest
from saved import refused_soon

import tinygrad_cnn as tg
from tinygrad_cnn import nn, optim


def of_torch(torch, value):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return tg.load(file)


def test_a_state_dict_of_pytorch_is_read(torch):
    theirs = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    state = of_torch(torch, theirs.state_dict())
    assert list(state) == list(theirs.state_dict())
    ours = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    ours.load_state_dict(state)
    x = np.random.default_rng(0).normal(size=(2, 1, 5, 5)).astype(np.float32)
    expected = theirs.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours.eval()(tg.tensor(x)).detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_a_checkpoint_of_pytorch_is_read(torch):
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    state = of_torch(torch, {"epoch": 3, "optimizer": optimizer.state_dict(), "acc": 0.5, "names": ["a", ("b", None)]})
    assert (state["epoch"], state["acc"], state["names"]) == (3, 0.5, ["a", ("b", None)])
    ours = optim.Adam(nn.Linear(2, 1).parameters())
    ours.load_state_dict(state["optimizer"])
    assert ours.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("kind", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_every_dtype_of_pytorch(torch, kind):
    value = torch.arange(6).reshape(2, 3).to(getattr(torch, kind))
    for theirs in (value, value.T, value[:, ::2], value[1], value[1, 2], value[:0], value[1:, 1:]):
        ours = of_torch(torch, theirs)
        assert ours.dtype == getattr(tg, kind)
        assert np.array_equal(ours.numpy(), theirs.numpy())


def test_parameters_and_bfloat16_of_pytorch(torch):
    values = [
        torch.nn.Parameter(torch.ones(2)), torch.ones(2, requires_grad=True), torch.tensor([1.5], dtype=torch.bfloat16),
        torch.ones(2, 3).shape,
    ]  # fmt: skip
    parameter, leaf, half, shape = of_torch(torch, values)
    assert isinstance(parameter, nn.Parameter)
    assert (parameter.requires_grad, leaf.requires_grad, half.requires_grad) == (True, True, False)
    assert (half.dtype, half.item(), shape) == (tg.float32, 1.5, (2, 3))


def rewritten(content, change):
    """Return a zip file of ``torch.save`` whose files `change` has gone over."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            name, data, how = change(entry.filename, old.read(entry)) or (None, b"", 0)
            if name:
                new.writestr(name, data, how)
    return out.getvalue()


def replacing(ending, old, new, how=zipfile.ZIP_STORED):
    return lambda name, data: (name, data.replace(old, new) if name.endswith(ending) else data, how)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (replacing("data.pkl", b"collections\nOrderedDict", b"os\nsystem"), "refers to.*os.system"),
        (replacing("data.pkl", b"FloatStorage", b"FancyStorage"), "torch.FancyStorage"),
        (replacing("data.pkl", b"_rebuild_tensor_v2", b"_rebuild_tensor_v9"), "_rebuild_tensor_v9"),
        (lambda name, data: None if name.endswith("data/0") else (name, data, 0), "data/0"),
        (lambda name, data: None if name.endswith("data.pkl") else (name, data, 0), "0 data.pkl"),
        (lambda name, data: (name, data[:4] if name.endswith("data/0") else data, 0), "6 elements"),
        (lambda name, data: (name, data, zipfile.ZIP_DEFLATED), "compressed"),
        (replacing("byteorder", b"little", b"middle"), "byte order"),
        (replacing("data.pkl", b"K\x02K\x03\x86", b"K\x04K\x03\x86"), "within the 6 elements"),
        (replacing("data.pkl", b"K\x03K\x01\x86", b"K\x09K\x01\x86"), "within the 6 elements"),
    ],
)
def test_a_forged_file_of_pytorch_is_refused(torch, change, text):
    file = io.BytesIO()
    torch.save(OrderedDict(w=torch.ones(2, 3)), file)
    assert tg.load(io.BytesIO(rewritten(file.getvalue(), lambda name, data: (name, data, 0))))["w"].shape == (2, 3)
    with pytest.raises(ValueError, match=text):
        tg.load(io.BytesIO(rewritten(file.getvalue(), change)))


def handmade(program):
    """Return a file of ``torch.save`` whose pickle is `program` and whose one storage holds 0, 1, 2 and 3."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02" + program + b".")
        archive.writestr("a/byteorder", b"little")
        archive.writestr("a/data/0", np.arange(4, dtype="<f4").tobytes())
    return file.getvalue()


def tensor_program(size, stride, prologue=b""):
    storage = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQ"
    return prologue + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + size + stride + b"I00\n}tR"


def test_sizes_of_a_million_digits_are_not_multiplied():
    assert tg.load(io.BytesIO(handmade(tensor_program(b"K\x02K\x02\x86", b"K\x02K\x01\x86")))).tolist() == [
        [0, 1],
        [2, 3],
    ]
    huge = b"\x8b" + struct.pack("<i", 10**6) + b"\x01" * 10**6 + b"q\x010"
    axes = b"(" + b"h\x01" * 32 + b"t"
    refused_soon(handmade(tensor_program(axes, axes, prologue=huge)), "load: the file: ")


@pytest.mark.parametrize("entry", ["a/data.pkl", "a/data/0"])
def test_a_zip_directory_that_promises_more_bytes_than_there_are(entry):
    content = bytearray(handmade(tensor_program(b"K\x02K\x02\x86", b"K\x02K\x01\x86")))
    place = content.rindex(entry.encode()) - 46  # of the entry in the directory, at the end of the file
    content[place + 20 : place + 28] = struct.pack("<II", 2**27, 2**27)
    refused_soon(bytes(content), "expected files within the .* bytes of the zip file")
    content[place + 20 : place + 28] = struct.pack("<II", 300, 300)
    refused_soon(bytes(content), "load: the file: ")


def overlapping(count, kernel):
    """Return a zip file of `count` storages that are all the same bytes: each header skips those after it."""
    heads, directory, total = b"", b"", count + 1
    program = b"](" + b"".join(
        b"ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nByteStorage\nU\x03%03dU\x03cpuJ%btQK\x00J%b\x85K\x01\x85I00\n}tR"
        % (i, struct.pack("<i", len(kernel)), struct.pack("<i", len(kernel)))
        for i in range(count)
    ) + b"e."  # fmt: skip
    numbers = zlib.crc32(kernel), len(kernel), len(kernel)
    distances = []
    for i in reversed(range(count)):
        extra = struct.pack("<HH", 0x9999, len(heads)) if heads else b""
        name = b"a/data/%03d" % i
        head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, *numbers, len(name), len(heads) + len(extra))
        heads = head + name + extra + heads
        distances.append((name, len(heads)))
    first = zlib.crc32(program), len(program), len(program)
    front = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, *first, 10, 0) + b"a/data.pkl" + program
    entries = [(b"a/data.pkl", first, 0)]
    entries += [(name, numbers, len(front) + len(heads) - distance) for name, distance in distances]
    for name, sizes, offset in entries:
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 33, *sizes, len(name), 0, 0, 0, 0, 0, offset
        )
        directory += name
    body = front + heads + kernel
    return body + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, total, total, len(directory), len(body), 0)


def test_storages_that_share_their_bytes_in_the_zip_file_are_refused():
    refused_soon(overlapping(200, bytes(10**5)), "expected files within the .* bytes of the zip file, got more")


def test_a_whole_model_of_pytorch_is_refused(torch):
    with pytest.raises(ValueError, match=r"torch\.nn\.modules\.linear\.Linear"):
        of_torch(torch, torch.nn.Linear(1, 1))
