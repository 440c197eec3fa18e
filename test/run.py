#!/usr/bin/python3
"""Runs every test of what is built: lit, GoogleTest, end-to-end cases and the checks of names and docs.

    tools/test [--only lit|unit|e2e|checks] [--filter REGEX] [--verbose]    (builds first)
    test/run.py --build DIR ...    what another preset built

Ends with one line `N passed, N failed`. What cannot run on this machine is skipped by name.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIT = "/usr/lib/llvm-22/bin/lit"


class Count:
    """What all suites together passed, failed and skipped."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, suite, passed, failed, skipped, seconds):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        more = f", {skipped} skipped" if skipped else ""
        print(f"{suite}: {passed} passed, {failed} failed{more} ({seconds:.0f} s)", flush=True)


def run_lit(count, args):
    start = time.time()
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [LIT, "-q", "-j2", f"--output={out.name}", str(args.build / "test")]
        if args.filter:
            command.append(f"--filter={args.filter}")
        subprocess.run(command, cwd=ROOT, check=False)
        text = Path(out.name).read_text()
    tests = json.loads(text)["tests"] if text else []
    codes = [t["code"] for t in tests if t["code"] != "EXCLUDED"]
    good = sum(c in ("PASS", "XFAIL", "FLAKYPASS") for c in codes)
    skipped = [t["name"] for t in tests if t["code"] in ("UNSUPPORTED", "SKIPPED")]
    for name in skipped:
        print(f"skipped: {name}")
    count.add("lit", good, len(codes) - good - len(skipped) + (not tests and not args.filter), len(skipped), time.time() - start)


def run_unit(count, args):
    start = time.time()
    passed = failed = skipped = 0
    for program in sorted((args.build / "test" / "unit").glob("*")):
        if not program.is_file() or not os.access(program, os.X_OK):
            continue
        if args.filter and not re.search(args.filter, program.name):
            continue
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            process = subprocess.run([program, f"--gtest_output=json:{out.name}"], cwd=args.build,
                                     capture_output=True, text=True)
            text = Path(out.name).read_text()
        cases = [c for s in json.loads(text)["testsuites"] for c in s["testsuite"]] if text else []
        bad = [c for c in cases if c.get("failures")]
        skip = [c for c in cases if c.get("result") == "SKIPPED"]
        for case in skip:
            print(f"skipped: {program.name} {case['classname']}.{case['name']}")
        passed += len(cases) - len(bad) - len(skip)
        skipped += len(skip)
        failed += len(bad) + (process.returncode != 0 and not bad)
        if process.returncode:
            print(f"{program.name} failed:\n{process.stdout[-6000:]}{process.stderr[-2000:]}")
    count.add("unit", passed, failed, skipped, time.time() - start)


def run_script(count, args, suite, script):
    """A suite of our own: prints its failures, ends with `N passed, N failed, N skipped`."""
    start = time.time()
    command = [sys.executable, str(ROOT / script), "--bin", str(args.build / "bin")]
    if args.filter:
        command += ["--filter", args.filter]
    if args.verbose:
        command.append("--verbose")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    last = ""
    for line in process.stdout:
        last = line
        if not re.fullmatch(r"\d+ passed, \d+ failed, \d+ skipped\n", line):
            print(line, end="", flush=True)
    process.wait()
    found = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped\n", last)
    numbers = [int(n) for n in found.groups()] if found else [0, 1, 0]
    if process.returncode and not numbers[1]:
        numbers[1] = 1
    count.add(suite, *numbers, time.time() - start)


SUITES = {
    "checks": lambda count, args: run_script(count, args, "checks", "test/checks/run.py"),
    "lit": run_lit,
    "unit": run_unit,
    "conformance": lambda count, args: run_script(count, args, "conformance", "test/conformance/run.py"),
    "e2e": lambda count, args: run_script(count, args, "e2e", "test/e2e/run.py"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=SUITES, action="append", help="run this suite; may be repeated")
    parser.add_argument("--filter", help="run what matches this regular expression")
    parser.add_argument("--verbose", action="store_true", help="name what passed, too")
    parser.add_argument("--build", type=Path, default=Path("build"), help="the build folder (default: build)")
    args = parser.parse_args()
    args.build = ROOT / args.build
    count = Count()
    for name in args.only or SUITES:
        SUITES[name](count, args)
    print(f"{count.passed} passed, {count.failed} failed")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
