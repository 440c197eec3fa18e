"""Runs the tests that the ONNX standard brings for each operator, and says what passed, was refused, or is wrong.

    tools/conformance [options]

The tests come from wheels of `onnx` (--onnx, fetched by pip once and kept in build/conformance) or
from folders (--data, such as Debian's /usr/share/libonnx-testdata). A test that several releases
have in the same form runs once. Ends with status 1 where a result is wrong, a tool crashes or hangs,
or a good model is called malformed.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import cases

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RELEASES = "1.12.0,1.14.1,1.17.0,1.19.1,1.22.0"  # the last that carry the operators' older revisions, and the newest
PAGE = ROOT / "docs" / "conformance.md"


def fetch(version, cache):
    """The folder with the test data of a release of `onnx`."""
    target = cache / f"onnx-{version}"
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    for python in ("3.12", "3.10"):
        process = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--python-version", python,
                                  "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64", "-d", str(cache), f"onnx=={version}"],
                                 capture_output=True, text=True)
        if process.returncode == 0:
            break
    wheels = list(cache.glob(f"onnx-{version}-*.whl"))
    if not wheels:
        sys.exit(f"error: onnx {version} cannot be fetched: {process.stderr.strip()[-300:]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(target, [n for n in wheel.namelist() if re.match(r"onnx/backend/test/data/(node|simple)/", n)])
    wheels[0].unlink()
    return target


def collect(args):
    """All tests, each form of a test once."""
    folders = [(Path(f), "") for f in args.data]
    if not folders:
        folders = [(fetch(v, args.cache), v) for v in args.onnx.split(",")]
    found, faulty = {}, read_faulty()
    for folder, release in folders:
        models = sorted(p for p in folder.rglob("model.onnx") if re.search(args.filter, p.parent.name))
        for model in models:
            if (release, model.parent.name) in faulty:
                continue
            case = cases.Case(model.parent)
            found.setdefault(case.key(), case)
    tests = list(found.values())
    if args.ranked:
        names, ranks = single_operators(tests), read_ranks()
        tests = [c for c in tests if operator_of(c, names) in ranks]
    if not tests:
        sys.exit("error: no tests found")
    return tests


def read_faulty():
    """(release, test) of what contradicts the standard."""
    lines = (HERE / "faulty.txt").read_text().splitlines()
    rows = [line.split()[:2] for line in lines if not line.startswith("#")]
    return {(release, test) for releases, test in rows for release in releases.split(",")}


def single_operators(tests):
    return {c.graph.operators[0] for c in tests if len(c.graph.operators) == 1}


def plain(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def operator_of(case, names):
    """The operator that a test is about: its only one, or the one that its name begins with."""
    operators = case.graph.operators
    if len(operators) == 1:
        return operators[0]
    name = plain(case.name.removeprefix("test_"))
    fitting = [n for n in (*names, *operators) if name.startswith(plain(n))]
    return max(fitting, key=len) if fitting else (operators or ["(none)"])[-1]


def read_ranks():
    ranks = {}
    for line in (HERE / "ranks.txt").read_text().splitlines():
        rank, *operators = line.split()
        if rank != "#":
            ranks.update((operator, int(rank)) for operator in operators)
    return ranks


def run_one(case, bin_dir, device):
    try:
        cases.run_case(bin_dir, case, device)
        return "passed", ""
    except cases.Refused as refusal:
        return "refused", reason(str(refusal))
    except cases.Wrong as wrong:
        return "wrong", str(wrong)


def reason(text):
    """A refusal without the names of one file, so that equal ones can be counted."""
    text = re.sub(r"^.*?error: (\S+\.(onnx|moe): )?", "", text)
    text = re.sub(r"\(?(node )?'[^']*',? ?(opset \d+)?\)?", "", text)
    return re.sub(r"\s+", " ", text).strip()


def run_all(found, args):
    rows = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda case: run_one(case, args.bin, args.device), found)
        for number, (case, (state, why)) in enumerate(zip(found, results), 1):
            rows.append((case, state, why))
            if state == "wrong":
                print(f"WRONG: {case.folder}: {why}", flush=True)
            if args.verbose and state != "wrong":
                print(f"{state}: {case.name}: {why}", flush=True)
            if sys.stderr.isatty():
                print(f"\r{number} of {len(found)}", end="", file=sys.stderr, flush=True)
    return rows


class Report:
    """Counts by operator and in total."""

    def __init__(self, rows):
        self.ranks = read_ranks()
        names = single_operators([row[0] for row in rows])
        self.operators = collections.defaultdict(collections.Counter)
        self.reasons = collections.Counter()
        self.total = collections.Counter()
        for case, state, why in rows:
            self.operators[operator_of(case, names)][state] += 1
            self.total[state] += 1
            if state == "refused":
                self.reasons[why] += 1

    def ranked(self, ranks):
        count = collections.Counter()
        for operator, states in self.operators.items():
            if self.ranks.get(operator) in ranks:
                count += states
        return count

    def lines(self):
        """The report as a Markdown page has it."""
        yield "| operators | passed | refused | wrong | passed of all |"
        yield "|---|---|---|---|---|"
        groups = [(f"rank {r}", self.ranked([r])) for r in (1, 2, 3, 4)]
        groups += [("ranks 1 to 4", self.ranked([1, 2, 3, 4])), ("all", self.total)]
        for name, count in groups:
            yield f"| {name} | {count['passed']} | {count['refused']} | {count['wrong']} | {share(count)} |"
        yield ""
        yield "| operator | rank | passed | refused | wrong |"
        yield "|---|---|---|---|---|"
        for operator, count in sorted(self.operators.items(), key=lambda item: (self.ranks.get(item[0], 9), item[0])):
            yield f"| {operator} | {self.ranks.get(operator, '')} | {count['passed']} | {count['refused']} | {count['wrong']} |"
        yield ""
        yield "| refused | because |"
        yield "|---|---|"
        for why, times in sorted(self.reasons.items(), key=lambda item: (-item[1], item[0])):
            yield f"| {times} | {why.replace('|', '/')} |"


def share(count):
    total = sum(count.values())
    return f"{100 * count['passed'] / total:.1f} %" if total else "-"


def write_docs(report, args):
    head = PAGE.read_text().split("<!-- report -->")[0]
    command = "tools/conformance --write-docs" + (" --ranked" if args.ranked else "")
    command += f" --onnx {args.onnx}" if args.onnx != RELEASES else ""
    lines = [f"Written by `{command}`; tests of onnx {args.onnx.replace(',', ', ')}.", "", *report.lines()]
    PAGE.write_text(head + "<!-- report -->\n\n" + "\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin")
    parser.add_argument("--onnx", default=RELEASES, metavar="VERSIONS", help=f"releases to test with (default: {RELEASES})")
    parser.add_argument("--data", action="append", default=[], metavar="FOLDER", help="take tests from here; may be repeated")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "conformance", help="where releases are kept")
    parser.add_argument("--filter", default="", metavar="REGEX", help="only tests whose name matches")
    parser.add_argument("--ranked", action="store_true", help="only tests of the operators in ranks.txt")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="also write a row for each test here")
    parser.add_argument("--write-docs", action="store_true", help=f"put the report into {PAGE.relative_to(ROOT)}")
    parser.add_argument("--device", choices=cases.DEVICES, default="cpu", help="where to run: the CPU, or the emulated GPU")
    parser.add_argument("--verbose", action="store_true", help="name what passed and was refused, too")
    args = parser.parse_args()
    if args.write_docs and (args.data or args.filter):
        parser.error("--write-docs takes whole releases: no --data, no --filter")
    rows = run_all(collect(args), args)
    report = Report(rows)
    print("\n".join(report.lines()))
    if args.json:
        args.json.write_text(json.dumps([{"test": str(c.folder), "state": s, "why": w} for c, s, w in rows], indent=1))
    if args.write_docs:
        write_docs(report, args)
    print(", ".join(f"{report.total[state]} {state}" for state in ("passed", "refused", "wrong")))
    return 1 if report.total["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
