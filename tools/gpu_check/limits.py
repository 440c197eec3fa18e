"""What the device itself can do, measured in the same run: by the driver, and by cuBLAS through PyTorch."""
import ctypes
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

EMPTY = b""".version 7.0
.target sm_80
.address_size 64
.visible .entry empty() { ret; }
\0"""
MOST_BYTES = 1 << 30
DENSE = 8192
LAUNCHES = 1000
ATTRIBUTES = {"multiprocessors": 16, "clock_khz": 13, "memory_clock_khz": 36, "memory_bus_bits": 37, "l2_bytes": 38, "shared_bytes": 97}


class Driver:
    """The CUDA driver, by ctypes; a call that fails raises."""

    def __init__(self):
        self.library = ctypes.CDLL(os.environ.get("MOE_CUDA_DRIVER") or "libcuda.so.1")
        self.cuInit(0)

    def __getattr__(self, name):
        function = getattr(self.library, name)

        def call(*arguments):
            if status := function(*arguments):
                raise OSError(f"{name} gives {status}")
        return call

    def open(self, ordinal):
        """Makes the device's primary context the current one."""
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self.cuDeviceGet(ctypes.byref(device), ordinal)
        self.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)
        self.cuCtxPushCurrent_v2(context)
        return device

    def made(self, name, *arguments, kind=ctypes.c_void_p):
        """What a function gives through its first parameter."""
        value = kind()
        getattr(self, name)(ctypes.byref(value), *arguments)
        return value

    def timed(self, work):
        """Milliseconds on the device, of the default stream."""
        begin, end = (self.made("cuEventCreate", 0) for _ in range(2))
        self.cuEventRecord(begin, None)
        work()
        self.cuEventRecord(end, None)
        self.cuEventSynchronize(end)
        return self.made("cuEventElapsedTime", begin, end, kind=ctypes.c_float).value


def attribute(driver, number, device):
    try:
        return driver.made("cuDeviceGetAttribute", number, device, kind=ctypes.c_int).value
    except OSError:
        return None


def device_info(ordinal):
    driver = Driver()
    device = driver.open(ordinal)
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGetName(name, 256, device)
    version = driver.made("cuDriverGetVersion", kind=ctypes.c_int).value
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total))
    info = {"name": name.value.decode(), "driver": f"{version // 1000}.{version % 1000 // 10}", "memory_bytes": total.value,
            "free_bytes": free.value, "capability": [attribute(driver, number, device) for number in (75, 76)]}
    return info | {key: attribute(driver, number, device) for key, number in ATTRIBUTES.items()}


def copy_bandwidth(driver):
    """GB/s read and written of copies within the device."""
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total))
    size = min(MOST_BYTES, free.value // 8) // 4096 * 4096
    one, two = (driver.made("cuMemAlloc_v2", ctypes.c_size_t(size), kind=ctypes.c_uint64) for _ in range(2))
    times = [driver.timed(lambda: driver.cuMemcpyDtoDAsync_v2(two, one, ctypes.c_size_t(size), None)) for _ in range(11)]
    driver.cuMemFree_v2(one)
    driver.cuMemFree_v2(two)
    return 2 * size / max(statistics.median(times[1:]), 1e-9) / 1e6


def launch_latency(driver):
    """Microseconds from one start of an empty kernel to the next, and of one start with the wait for its end."""
    module = driver.made("cuModuleLoadData", EMPTY)
    kernel = driver.made("cuModuleGetFunction", module, b"empty")

    def launch():
        driver.cuLaunchKernel(kernel, 1, 1, 1, 32, 1, 1, 0, None, None, None)
    launch()
    driver.cuCtxSynchronize()
    begin = time.perf_counter()
    for _ in range(LAUNCHES):
        launch()
    driver.cuCtxSynchronize()
    row = (time.perf_counter() - begin) / LAUNCHES * 1e6
    times = []
    for _ in range(100):
        begin = time.perf_counter()
        launch()
        driver.cuCtxSynchronize()
        times.append(time.perf_counter() - begin)
    return row, statistics.median(times) * 1e6


def dense(torch, kind, size=DENSE):
    """TFLOP/s of one square product."""
    a, b = (torch.randn(size, size, device="cuda", dtype=kind) for _ in range(2))
    times = []
    for _ in range(12):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        torch.mm(a, b)
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return 2 * size**3 / statistics.median(times[2:]) / 1e9


def measure(ordinal):
    """All, one `NAME VALUE` a line: what fails ends the process and not what was measured before."""
    driver = Driver()
    driver.open(ordinal)
    print("copy_gbs", copy_bandwidth(driver), flush=True)
    for name, value in zip(("launch_us", "launch_and_wait_us"), launch_latency(driver)):
        print(name, value, flush=True)
    try:
        import torch
    except ImportError:
        return print("skipped PyTorch is not installed")
    if not torch.cuda.is_available():
        return print("skipped PyTorch has no GPU")
    torch.cuda.set_device(ordinal)
    for name, kind in (("f16", torch.float16), ("bf16", torch.bfloat16), ("f32", torch.float32)):
        print(f"dense_{name}_tflops", dense(torch, kind), flush=True)
    torch.backends.cuda.matmul.allow_tf32 = True
    print("dense_tf32_tflops", dense(torch, torch.float32), flush=True)


def main(args, report):
    """In a process of its own: a driver that fails there leaves the other parts alone."""
    words = [sys.executable, str(Path(__file__).resolve()), str(args.device)]
    process = subprocess.run(words, capture_output=True, text=True, timeout=120)
    found = dict(line.split(" ", 1) for line in process.stdout.splitlines() if " " in line)
    if why := found.pop("skipped", None):
        report.skip("limits", "dense products", why)
    report.set("limits", {name: float(value) for name, value in found.items()})
    if process.returncode:
        raise OSError((process.stderr.strip().splitlines() or ["nothing said"])[-1][:400])


if __name__ == "__main__":
    measure(int(sys.argv[1]))
