#!/usr/bin/python3
"""Part of ONNX's own node tests, and graphs of ours in the same form (samples/): each must pass
on the CPU and on the emulated GPU.

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
        for device in cases.DEVICES:
            try:
                cases.run_case(args.bin.resolve(), cases.Case(model.parent), device)
                passed += 1
                if args.verbose:
                    print(f"ok: {name} on {device}", flush=True)
            except (cases.Refused, cases.Wrong) as why:
                failed += 1
                print(f"FAILED: {name} on {device}: {why}", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
