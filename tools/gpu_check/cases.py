"""Every packed case on the device, against what it must give."""
import concurrent.futures
import filecmp
import json
import lzma
import re
import shutil
import subprocess

import numpy as np

JOBS = 4  # processes on the device at a time: most of a case is their start
SECONDS = 300


class Wrong(Exception):
    pass


def arrays(folder):
    """Path of each tensor's file by name; a name may have folders in it."""
    return {str(p.relative_to(folder))[: -len(".npy")]: p for p in sorted(folder.rglob("*.npy"))}


def command(folder, artifact, inputs, *options):
    """moe-run's, as a list."""
    parts = [folder / "bin/moe-run", artifact]
    for name, path in arrays(inputs).items():
        parts += ["--input", f"{name}={path}"]
    return [str(part) for part in [*parts, *options]]


def run(words, seconds=SECONDS):
    """The last line on stdout, as JSON."""
    process = subprocess.run(words, capture_output=True, text=True, timeout=seconds)
    if process.returncode:
        said = (process.stderr.strip() or process.stdout.strip()).splitlines()
        raise Wrong(f"status {process.returncode}: {said[-1][:400] if said else '(nothing said)'}")
    return json.loads(process.stdout.strip().splitlines()[-1])


def unpack(case, work):
    """The artifact, ready to be mapped."""
    artifact = work / "m.moe"
    artifact.write_bytes(lzma.decompress((case / "m.moe.xz").read_bytes()))
    return artifact


def compare(expected, out, tolerance):
    """The largest error; Wrong where it is too large."""
    largest = 0.0
    for name, path in arrays(expected).items():
        got, want = np.load(out / (name.replace("/", "_") + ".npy")), np.load(path)
        if got.shape != want.shape or got.dtype != want.dtype:
            raise Wrong(f"{name} is {got.dtype}{list(got.shape)}, expected {want.dtype}{list(want.shape)}")
        got, want = got.astype(np.float64), want.astype(np.float64)
        with np.errstate(invalid="ignore"):
            difference = np.abs(got - want)
        error = float(np.max(difference, initial=0.0, where=np.isfinite(difference)))
        if not np.allclose(got, want, equal_nan=True, **tolerance):
            raise Wrong(f"{name}: largest error {error:.3g}, tolerance {tolerance}")
        largest = max(largest, error)
    return largest


def check_same(one, two, what):
    for path in one.iterdir():
        if not filecmp.cmp(path, two / path.name, shallow=False):
            raise Wrong(f"{path.name} {what}")


def check_counters(info, stats):
    """That a model with MoE layers launched kernels."""
    if info["blocks"] and not stats["launches"] + stats["graph_kernels"]:
        raise Wrong("no kernel was launched")


def check_set(folder, artifact, case, suffix, info, work, device):
    """One set of inputs: CPU, kernel by kernel, then again and again, which goes through a graph."""
    inputs, expected = case / f"inputs{suffix}", case / f"expected{suffix}"
    row = {}
    for place, options in (("cpu", ["--device", "cpu"]), ("once", ["--device", device]),
                           ("graph", ["--device", device, "--bench=0.001"])):
        out = work / f"{place}{suffix}"
        said = run(command(folder, artifact, inputs, "--output-dir", out, "--stats", "--json", *options))
        row[place] = compare(expected, out, info["tolerance"])
        row[f"{place}_stats"] = said["stats"]
    check_same(work / f"once{suffix}", work / f"graph{suffix}", "differs between the first run and later ones")
    check_counters(info, row["once_stats"])
    return row


def check_routing(folder, artifact, inputs, work, device):
    """Of all choices of an expert, how many the device made otherwise than the CPU. Rounding may turn near ties
    around, so that this is a figure; what may not differ is how many there are."""
    for place in ("cpu", device):
        run(command(folder, artifact, inputs, "--device", place, "--routing", work / f"routing-{place}", "--json"))
    choices = others = 0
    for path in sorted((work / "routing-cpu").glob("*.experts.npy")):
        want, got = np.load(path), np.load(work / f"routing-{device}" / path.name)
        if want.shape != got.shape:
            raise Wrong(f"routing: {path.name} is {list(got.shape)}, expected {list(want.shape)}")
        choices, others = choices + want.size, others + int(np.count_nonzero(want != got))
    return {"choices": choices, "others": others}


def check_case(folder, case, device, work):
    info = json.loads((case / "case.json").read_text())
    row = {"name": str(case.relative_to(folder / "cases")), "tolerance": info["tolerance"], "sets": {}, "error": None}
    try:
        work.mkdir(parents=True)
        artifact = unpack(case, work)
        for expected in sorted(case.glob("expected*")):
            suffix = expected.name[len("expected"):]
            row["sets"][suffix or "1"] = check_set(folder, artifact, case, suffix, info, work, device)
        if info["blocks"]:
            row["routing"] = check_routing(folder, artifact, case / "inputs", work, device)
        row["graph_kernels"] = sum(s["graph_stats"]["graph_kernels"] for s in row["sets"].values())
    except (Wrong, OSError, ValueError, KeyError, lzma.LZMAError, subprocess.TimeoutExpired) as error:
        row["error"] = f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return row


def all_cases(folder, only=""):
    found = [path.parent for path in sorted((folder / "cases").rglob("m.moe.xz"))]
    return [case for case in found if re.search(only, str(case.relative_to(folder / "cases")))]


def main(args, report):
    cases = all_cases(args.folder, args.cases)
    if not cases:
        return report.skip("cases", "all", "none is packed, or none has the name asked for")
    report.skip("cases", "--verify", "the interpreter needs MLIR's libraries, which are not packed; routing is compared with the CPU's")
    report.set("cases", [])
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        todo = [pool.submit(check_case, args.folder, case, args.device_name, args.out / "work" / str(i))
                for i, case in enumerate(cases)]
        for done in concurrent.futures.as_completed(todo):
            row = done.result()
            report.row("cases", row)
            print(f"{'WRONG' if row['error'] else 'right'}: {row['name']}{': ' + row['error'] if row['error'] else ''}", flush=True)
