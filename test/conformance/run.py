#!/usr/bin/python3
"""The part of ONNX's own node tests that is kept here (samples/): each must pass.

    run.py --bin DIR [--filter REGEX] [--verbose]

All of them are run by tools/conformance, which fetches them.
"""
import argparse
import re
import sys
from pathlib import Path

import cases

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=Path)
    parser.add_argument("--filter", default="")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    passed = failed = 0
    for model in sorted((HERE / "samples").rglob("model.onnx")):
        name = str(model.parent.relative_to(HERE / "samples"))
        if not re.search(args.filter, name):
            continue
        try:
            cases.run_case(args.bin.resolve(), cases.Case(model.parent), ["--cpu=native"])
            passed += 1
            if args.verbose:
                print(f"ok: {name}", flush=True)
        except (cases.Refused, cases.Wrong) as why:
            failed += 1
            print(f"FAILED: {name}: {why}", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
