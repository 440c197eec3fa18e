"""A few cases under compute-sanitizer, which sees what results do not tell."""
import shutil
import subprocess
import time

import cases

TOOLS = ["memcheck", "racecheck", "synccheck"]
# One of a kind: loop, fused f16, quantised, capacity, and a whole small model.
NAMES = ["digits", "moe_f16", "qmoe_int4_block32", "capacity_switch", "grouped_sorted"]
FOUND = 86  # its exit status where it found something
SECONDS = 60  # of one run
MOST_SECONDS = 90  # after which none is begun


def check(args, program, tool, case, work):
    work.mkdir(parents=True)
    try:
        words = cases.command(args.folder, cases.unpack(case, work), case / "inputs", "--device", args.device_name)
        words = [program, "--tool", tool, "--error-exitcode", str(FOUND), *words]
        process = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS)
        (args.out / f"sanitizer-{case.name}-{tool}.log").write_text(process.stdout + process.stderr)
        lines = [line for line in process.stdout.splitlines() if "SUMMARY" in line]
        return None if process.returncode == 0 else f"status {process.returncode}: {' '.join(lines)[:300]}"
    except subprocess.TimeoutExpired:
        return f"not done in {SECONDS} s"
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main(args, report):
    program = shutil.which("compute-sanitizer")
    if not program:
        return report.skip("sanitizer", "compute-sanitizer", "not on PATH")
    end = time.monotonic() + min(MOST_SECONDS, args.seconds_left())
    for case in cases.all_cases(args.folder):
        if case.name not in NAMES:
            continue
        for tool in TOOLS:
            if time.monotonic() > end:
                report.skip("sanitizer", f"{tool} {case.name}", "no time left")
                continue
            error = check(args, program, tool, case, args.out / "work/sanitizer")
            report.row("sanitizer", {"name": case.name, "tool": tool, "error": error})
