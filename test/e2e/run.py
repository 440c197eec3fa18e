#!/usr/bin/python3
"""End-to-end cases: each row of cases.json, compiled and run on every target.

    run.py --bin DIR [--filter REGEX] [--jobs N] [--verbose]

A row names a folder of test/models. Outputs are compared with `expected*/` within the case's own
tolerance, MoE layers with `blocks`; `--verify`, what must not matter (threads, the order of blocks),
and the way through moe-translate and moe-opt are checked on the same rows. Rows of `bad/` must be
refused. Row keys:
`form` and `gate` (of every layer), `layers` (how many are raised, where not all of `blocks`),
`unraised` (also run without raising). A target that this machine lacks is skipped by name.
"""
import argparse
import concurrent.futures
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "models"

# The emulator of test/lowering/nvptx behind the driver's interface, beside the tools' folder.
FAKE_DRIVER = "test/fakecuda/libcuda.so.1"


class Target(NamedTuple):
    """Outputs must not depend on what differs between `run` and `again`."""

    name: str
    compile: list  # moe-compile's options
    needs: set  # CPU features, of /proc/cpuinfo
    run: list  # moe-run's options
    again: list
    environment: dict = {}
    shuffled: dict = {}  # the environment of the second run
    driver: str = ""  # in the build folder, for MOE_CUDA_DRIVER


TARGETS = [
    Target("cpu-avx2", ["--target=cpu", "--cpu=avx2"], {"avx2", "fma", "f16c"}, [], ["--threads", "1"]),
    Target("cpu-avx512", ["--target=cpu", "--cpu=avx512"], {"avx512f", "avx512bw", "avx512vl", "avx512dq"}, [],
           ["--threads", "1"]),
    # Blocks of a grid in another order. PTX only: assembling is another test's business.
    Target("sm_80-emulated", ["--target=sm_80", "--no-cubin"], {"avx2", "fma", "f16c"}, ["--device", "cuda"],
           ["--device", "cuda"], {"MOE_EMULATOR_THREADS": "1"}, {"MOE_EMULATOR_SHUFFLE": "7"}, FAKE_DRIVER),
    Target("sm_80", ["--target=sm_80"], set(), ["--device", "cuda"], ["--device", "cuda"]),
]


class Failure(Exception):
    pass


class Tools:
    def __init__(self, folder):
        self.folder = Path(folder).resolve()

    def run(self, *command, expect=0, stdin=None, environment=None):
        """(stdout, stderr) of a tool that must end with status `expect`."""
        command = [str(self.folder / command[0])] + [str(c) for c in command[1:]]
        process = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=300,
                                 env={**os.environ, **(environment or {})})
        if process.returncode != expect:
            raise Failure(f"{Path(command[0]).name} ended with status {process.returncode}, not {expect}: "
                          f"{process.stderr.strip()[:600] or '(nothing on stderr)'}")
        return process.stdout, process.stderr


def host_features():
    for line in open("/proc/cpuinfo"):
        if line.startswith("flags"):
            return set(line.split(":")[1].split())
    return set()


def arrays(folder):
    return {str(p.relative_to(folder))[: -len(".npy")]: p for p in sorted(folder.rglob("*.npy"))}


def run_model(tools, artifact, inputs, out, *options, environment=None):
    arguments = []
    for name, path in arrays(inputs).items():
        arguments += ["--input", f"{name}={path}"]
    tools.run("moe-run", artifact, *arguments, "--output-dir", out, *options, environment=environment)


def compare(case, info, suffix, out):
    tolerance = info["tolerance"]
    for name, path in arrays(case / f"expected{suffix}").items():
        got, want = np.load(out / (name.replace("/", "_") + ".npy")), np.load(path)
        if got.shape != want.shape or got.dtype != want.dtype:
            raise Failure(f"{name}{suffix} is {got.dtype}{list(got.shape)}, expected {want.dtype}{list(want.shape)}")
        wide_got, wide_want = got.astype(np.float64), want.astype(np.float64)
        if not np.allclose(wide_got, wide_want, equal_nan=True, **tolerance):
            raise Failure(f"{name}{suffix}: largest error {np.nanmax(np.abs(wide_got - wide_want)):.3g}, "
                          f"tolerance {tolerance}")


def check_layers(tools, row, info, artifact):
    layers = json.loads(tools.run("moe-run", artifact, "--info", "--json")[0])["moe_layers"]
    blocks = info["blocks"][: row.get("layers")]
    if len(layers) != len(blocks):
        raise Failure(f"{len(layers)} MoE layers, expected {len(blocks)}")
    for layer, block in zip(layers, blocks):
        wanted = {key: block[key] for key in ("experts", "top_k", "hidden", "intermediate") if key in block}
        wanted.update({key: row[key] for key in ("form", "gate") if key in row})
        for key, value in wanted.items():
            if layer[key] != value:
                raise Failure(f"layer {layer['name']}: {key} is {layer[key]}, expected {value}")


def environments(tools, target, tmp):
    """Of the first run and of the second."""
    first = dict(target.environment)
    if target.driver:
        first["MOE_CUDA_DRIVER"] = str(tools.folder.parent / target.driver)
        first["MOE_EMULATOR_COUNTERS"] = str(tmp / "counters.json")
    return first, {**first, **target.shuffled}


def check_launches(tools, info, artifact, tmp):
    """What was run on the device is what the artifact lists: nothing came from elsewhere."""
    launched = json.loads((tmp / "counters.json").read_text())["kernels"]
    variants = json.loads(tools.run("moe-run", artifact, "--info", "--json")[0])["variants"]
    listed = {kernel["name"] for variant in variants for kernel in variant.get("kernels", [])}
    if info["blocks"] and not launched:
        raise Failure("no kernel was launched")
    if strange := sorted(set(launched) - listed):
        raise Failure(f"launched, but not listed by --info: {', '.join(strange)}")


def check_target(tools, row, case, info, target, tmp):
    """Compile once, run all sets of inputs; verify; what must not matter gives the same bytes."""
    artifact = tmp / "m.moe"
    first, second = environments(tools, target, tmp)
    tools.run("moe-compile", case / "model.onnx", "-o", artifact, *target.compile)
    check_layers(tools, row, info, artifact)
    for folder in sorted(case.glob("expected*")):
        suffix = folder.name[len("expected"):]
        run_model(tools, artifact, case / f"inputs{suffix}", tmp / "out", *target.run, environment=first)
        compare(case, info, suffix, tmp / "out")
        run_model(tools, artifact, case / f"inputs{suffix}", tmp / "one", *target.again, environment=second)
        for path in (tmp / "out").iterdir():
            if not filecmp.cmp(path, tmp / "one" / path.name, shallow=False):
                raise Failure(f"{path.name}{suffix} differs between {target.run} {first} and {target.again} {second}")
    if target.driver:
        check_launches(tools, info, artifact, tmp)
    if row.get("layers") != 0:
        run_model(tools, artifact, case / "inputs", tmp / "out", "--verify", *target.run, environment=first)


def check_ways(tools, row, case, info, target, tmp):
    """moe-translate | moe-opt | moe-translate gives the bytes of moe-compile."""
    cubin = [option for option in target.compile if option == "--no-cubin"]
    tools.run("moe-compile", case / "model.onnx", "-o", tmp / "one.moe", *target.compile)
    text, _ = tools.run("moe-translate", "--import-onnx", case / "model.onnx", *target.compile)
    text, _ = tools.run("moe-opt", "--moe-pipeline", "-", stdin=text)
    (tmp / "linalg.mlir").write_text(text)
    tools.run("moe-translate", "--export-artifact", tmp / "linalg.mlir", "-o", tmp / "three.moe", *cubin)
    if not filecmp.cmp(tmp / "one.moe", tmp / "three.moe", shallow=False):
        raise Failure("the two ways give different artifacts")


def check_unraised(tools, row, case, info, target, tmp):
    """Raising is an optimisation: the same graph runs without it."""
    text, _ = tools.run("moe-translate", "--import-onnx", case / "model.onnx", *target.compile)
    text, _ = tools.run("moe-opt", "--to-typed", "--convert-onnx-to-linalg", "--moe-verify-stage=stage=moe",
                        "--to-routed", "--to-linalg", "-", stdin=text)
    (tmp / "linalg.mlir").write_text(text)
    tools.run("moe-translate", "--export-artifact", tmp / "linalg.mlir", "-o", tmp / "m.moe")
    for folder in sorted(case.glob("expected*")):
        suffix = folder.name[len("expected"):]
        run_model(tools, tmp / "m.moe", case / f"inputs{suffix}", tmp / "out")
        compare(case, info, suffix, tmp / "out")


def check_refused(tools, row, case, info, target, tmp):
    _, stderr = tools.run("moe-compile", case / "model.onnx", "-o", tmp / "m.moe", expect=1)
    if "error:" not in stderr:
        raise Failure(f"no `error:` line: {stderr[:300]}")
    missing = [word for word in info.get("keywords", []) if word.lower() not in stderr.lower()]
    if missing:
        raise Failure(f"the message does not name {', '.join(missing)}: {stderr.strip()[:300]}")
    if list(tmp.iterdir()):
        raise Failure(f"left behind: {', '.join(p.name for p in tmp.iterdir())}")


def lacking(target, features):
    """Why the target cannot run here, or None."""
    if missing := sorted(target.needs - features):
        return f"no {', '.join(missing)} here"
    if "cuda" in target.run and not target.driver and not os.path.exists("/dev/nvidiactl"):
        return "no NVIDIA GPU here"
    return None


def tests(row, features):
    """(name, function, target, reason to skip) of everything that a row asks for."""
    name = row["name"]
    if name.startswith("bad/"):
        yield name, check_refused, None, None
        return
    runnable = None
    for target in TARGETS:
        why = lacking(target, features)
        yield f"{name} {target.name}", check_target, target, why
        if not why and not target.driver and "cuda" not in target.run:
            runnable = target
    if row.get("unraised"):
        yield f"{name} unraised", check_unraised, runnable, None if runnable else "no CPU target runs here"
    yield f"{name} two ways", check_ways, Target("all", ["--target=cpu,sm_80", "--cpu=avx2", "--no-cubin"], set(), [], []), None


def every_test(features):
    """The same with the row, its case and what the case says, of all rows."""
    for row in json.loads((HERE / "cases.json").read_text()):
        case = MODELS / row["name"]
        info = json.loads((case / "case.json").read_text())
        for name, function, target, why in tests(row, features):
            yield name, function, row, case, info, target, why


def run_test(tools, name, function, row, case, info, target, why):
    """What is wrong, or None."""
    if why:
        return None
    tmp = Path(tempfile.mkdtemp(prefix="moe-e2e-"))
    try:
        function(tools, row, case, info, target, tmp)
        return None
    except (Failure, subprocess.TimeoutExpired) as failure:
        return str(failure)
    except Exception:
        return "\n" + traceback.format_exc()
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--filter", default="")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="rows at a time")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    tools, passed, failed, skipped = Tools(args.bin), 0, 0, 0
    chosen = [row for row in every_test(host_features()) if re.search(args.filter, row[0])]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for (name, *_, why), problem in zip(chosen, pool.map(lambda row: run_test(tools, *row), chosen)):
            if why:
                skipped += 1
                print(f"skipped: {name}: {why}")
            elif problem:
                failed += 1
                print(f"FAILED: {name}: {problem}", flush=True)
            else:
                passed += 1
                if args.verbose:
                    print(f"ok: {name}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
