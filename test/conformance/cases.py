"""One test of the ONNX standard: compiled by moe-compile, run by moe-run, compared with what it expects."""
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import onnx_data

TIMEOUT = 120


class Refused(Exception):
    """Not supported, and said so."""


class Wrong(Exception):
    """A wrong result, a crash, a hang, or a good model that is called malformed."""


class Case:
    def __init__(self, folder):
        self.folder, self.name = folder, folder.name
        self.bytes = (folder / "model.onnx").read_bytes()
        self.graph = onnx_data.Graph(self.bytes)

    def key(self):
        """Equal for tests that several releases have without a change."""
        data = [p.read_bytes() for p in sorted(self.folder.glob("test_data_set_*/*.pb"))]
        return hash((self.name, bytes(self.graph.body), str(self.graph.opsets), tuple(data)))


# Where a case is run: moe-compile's options, moe-run's, and whether on the emulated driver beside the tools.
DEVICES = {
    "cpu": (["--cpu=native"], ["--threads", "2"], False),
    "cuda": (["--target=sm_80", "--no-cubin"], ["--device", "cuda"], True),
}


def tool(command, environment=None):
    """Runs a tool; a refusal is one `error:` line that says `unsupported`, and status 1."""
    name = Path(command[0]).name
    try:
        process = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=TIMEOUT, errors="replace",
                                 env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired:
        raise Wrong(f"{name}: not done after {TIMEOUT} s") from None
    if process.returncode == 0:
        return
    errors = [line for line in process.stderr.splitlines() if "error" in line]
    text = errors[0] if errors else process.stderr.strip()[-300:] or "(nothing on stderr)"
    if process.returncode == 1 and "unsupported" in text:
        raise Refused(text)
    raise Wrong(f"{name}: status {process.returncode}: {text}")


def compare(name, got, want, rtol, atol):
    """As the standard's own runner: within rtol and atol, NaN equal to NaN; whole numbers exactly."""
    if got.shape != want.array.shape or got.dtype != want.array.dtype:
        raise Wrong(f"{name} is {got.dtype}{list(got.shape)}, expected {want.array.dtype}{list(want.array.shape)}")
    a, b = onnx_data.Tensor.numbers(wrap(want, got)), want.numbers()
    if a.dtype.kind in "biu":
        rtol = atol = 0
    if a.dtype.kind == "f":
        a, b = a.astype(np.float64), b.astype(np.float64)
    good = a == b if a.dtype.kind != "f" else np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    if not np.all(good):
        place = tuple(int(i) for i in np.argwhere(~good)[0])
        raise Wrong(f"{name}{list(place)} is {a[place]}, expected {b[place]}; {np.sum(~good)} of {good.size} are wrong")


def wrap(like, array):
    tensor = object.__new__(onnx_data.Tensor)
    tensor.name, tensor.type, tensor.array = like.name, like.type, array
    return tensor


def flat(values):
    """(name, tensor) of values; the elements of a sequence have its name and their number."""
    for name, value in values:
        if isinstance(value, list):
            yield from ((f"{name}.{i}", v) for i, v in enumerate(value))
        elif value is not None:
            yield name, value


def read_set(folder, prefix, infos):
    for i, (name, kind) in enumerate(infos):
        path = folder / f"{prefix}_{i}.pb"
        if path.exists():
            yield name, onnx_data.read_value(path.read_bytes(), kind)


def file_name(name):
    return re.sub(r"[/\x00-\x1f\x7f]", "_", name) or "_"


def run_set(bin_dir, case, folder, tmp, tolerances, options, environment):
    command = [bin_dir / "moe-run", tmp / "m.moe", "--output-dir", tmp / "out", *options]
    for i, (name, tensor) in enumerate(flat(read_set(folder, "input", case.graph.inputs))):
        np.save(tmp / f"{i}.npy", tensor.array)
        command += ["--input", f"{name}={tmp}/{i}.npy"]
    tool(command, environment)
    for name, tensor in flat(read_set(folder, "output", case.graph.outputs)):
        path = tmp / "out" / (file_name(name) + ".npy")
        if not path.exists():
            raise Wrong(f"no output '{name}'")
        compare(name, np.load(path), tensor, *tolerances)


def run_case(bin_dir, case, device="cpu"):
    """Returns the number of data sets, or raises Refused or Wrong."""
    tmp = Path(tempfile.mkdtemp(prefix="moe-conformance-"))
    options, run_options, emulated = DEVICES[device]
    environment = {"MOE_CUDA_DRIVER": str(bin_dir.parent / "test/fakecuda/libcuda.so.1"),
                   "MOE_EMULATOR_THREADS": "1"} if emulated else None
    try:
        settings = case.folder / "data.json"
        given = json.loads(settings.read_text()) if settings.exists() else {}
        tolerances = given.get("rtol", 1e-3), given.get("atol", 1e-7)
        tool([bin_dir / "moe-compile", case.folder / "model.onnx", "-o", tmp / "m.moe", *options])
        sets = sorted(case.folder.glob("test_data_set_*"))
        for folder in sets:
            run_set(bin_dir, case, folder, tmp, tolerances, run_options, environment)
        return len(sets)
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
