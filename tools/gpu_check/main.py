"""The command on the machine with the GPU: the parts in order, each on its own."""
import argparse
import platform
import shutil
import time
import traceback
from pathlib import Path

import bench
import cases
import limits
import report as reports
import sanitizer
import shapes

# The timed layers come last: they take what time is left.
PARTS = {"cases": cases.main, "limits": limits.main, "sanitizer": sanitizer.main, "bench": bench.main}
HELP = """Checks and times everything that was packed on this machine's GPU.

Parts: cases (right or wrong), limits (what the device can do), sanitizer, bench (layers against PyTorch).
A part or row that fails is a row of the JSON; what cannot run here is skipped by name. Ends with status 1
where a case is wrong. compute-sanitizer's own output lies beside the JSON.
"""


def parse(folder):
    parser = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--out", type=Path, default=Path("gpu-check-out"), help="folder of all that is written (default: gpu-check-out)")
    parser.add_argument("--json", type=Path, help="the report (default: OUT/report.json)")
    parser.add_argument("--device", type=int, default=0, metavar="N", help="the GPU's number")
    parser.add_argument("--minutes", type=float, default=8, help="when to stop starting things (default: 8)")
    parser.add_argument("--cases", default="", metavar="REGEX", help="cases whose name has it")
    parser.add_argument("--layers", default="", metavar="REGEX", help="timed layers whose NAME.TYPE has it")
    parser.add_argument("--per-expert", default="1,16,256,4096", help="tokens an expert, a list")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    args.folder, args.device_name = folder, f"cuda:{args.device}"
    args.json = args.json or args.out / "report.json"
    args.end = time.monotonic() + 60 * args.minutes
    args.seconds_left = lambda: args.end - time.monotonic()
    return args


def main(folder):
    args = parse(folder)
    args.out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(args.out / "work", ignore_errors=True)
    report = reports.Report(args.json)
    report.set("host", {"machine": platform.platform(), "python": platform.python_version()})
    try:
        report.set("device", limits.device_info(args.device))
    except Exception as error:  # whatever it is, the rest is still of use
        report.fail("device", str(error))
    for name, part in PARTS.items():
        if args.only and name != args.only:
            continue
        try:
            part(args, report)
        except Exception as error:
            (args.out / f"{name}-error.log").write_text(traceback.format_exc())
            report.fail(name, f"{type(error).__name__}: {error}")
    report.write()
    shutil.rmtree(args.out / "work", ignore_errors=True)
    reports.summarise(report.data)
    print(f"{args.json}: written")
    wrong = any(row["error"] for row in report.data.get("cases", []))
    lost = any(row["part"] == "cases" for row in report.data.get("failed_parts", []))
    return 1 if wrong or lost else 0
