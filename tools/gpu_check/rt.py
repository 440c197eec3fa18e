"""The runtime's interface (runtime/moe_rt.h), as far as timing a model needs it."""
import ctypes
from ctypes import byref, c_char, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

import numpy as np

TIME, PROFILE = 8, 4  # moe_rt_session_flags
COUNTERS = ["runs", "launches", "graphs", "graph_launches", "graph_kernels", "uploads", "fetches", "device_bytes"]


class Sized(ctypes.Structure):
    """The structs begin with their size."""

    def __init__(self, **fields):
        super().__init__(size=ctypes.sizeof(self), **fields)


class Error(Sized):
    _fields_ = [("size", c_size_t), ("status", c_int), ("message", c_char * 1012)]


class LoadOptions(Sized):
    _fields_ = [("size", c_size_t), ("flags", c_uint32), ("name", c_char_p), ("variant", c_char_p), ("allocator", c_void_p),
                ("device", c_char_p)]


class SessionOptions(Sized):
    _fields_ = [("size", c_size_t), ("threads", c_uint32), ("parallel_for", c_void_p), ("user", c_void_p),
                ("allocator", c_void_p), ("flags", c_uint32), ("stream", c_void_p)]


class Tensor(Sized):
    _fields_ = [("size", c_size_t), ("data", c_void_p), ("type", c_uint32), ("rank", c_uint32), ("shape", c_int64 * 8),
                ("memory", c_uint32)]


class Stats(Sized):
    _fields_ = [("size", c_size_t), *((name, c_uint64) for name in COUNTERS), ("microseconds", c_double)]


class Profile(Sized):
    _fields_ = [("size", c_size_t), ("kernel", c_char_p), ("count", c_uint64), ("microseconds", c_double)]


class Runtime:
    def __init__(self, library):
        self.library = ctypes.CDLL(str(library))

    def call(self, name, *arguments):
        """Calls moe_rt_NAME, whose last parameter is an error."""
        error = Error()
        if getattr(self.library, f"moe_rt_{name}")(*arguments, byref(error)):
            raise OSError(error.message.decode(errors="replace"))

    def load(self, path, device):
        model = c_void_p()
        self.call("model_load", str(path).encode(), byref(LoadOptions(device=device.encode())), byref(model))
        return model

    def session(self, model, flags):
        return Session(self, model, flags)


class Session:
    """One that times each run; its input and output are tensors of two dimensions."""

    def __init__(self, runtime, model, flags):
        self.runtime, self.handle, self.bound = runtime, c_void_p(), None
        runtime.call("session_create", model, byref(SessionOptions(threads=1, flags=flags)), byref(self.handle))

    def free(self):
        self.runtime.library.moe_rt_session_free(self.handle)

    def bind(self, rows, kind):
        """The first input: an array, of the runtime's type `kind`."""
        self.bound = rows
        tensor = Tensor(data=rows.ctypes.data, type=kind, rank=2)
        tensor.shape[0], tensor.shape[1] = rows.shape
        self.runtime.call("session_bind", self.handle, c_size_t(0), byref(tensor))

    def run(self):
        """Microseconds on the device."""
        self.runtime.call("session_run", self.handle)
        return self.stats().microseconds

    def stats(self):
        stats = Stats()
        self.runtime.library.moe_rt_session_stats(self.handle, byref(stats))
        return stats

    def output(self, rows, bytes_each):
        """The first rows of the first output, as bytes."""
        tensor = Tensor()
        self.runtime.library.moe_rt_session_output(self.handle, c_size_t(0), byref(tensor))
        size = min(rows, tensor.shape[0]) * tensor.shape[1] * bytes_each
        return np.frombuffer(ctypes.string_at(tensor.data, size), np.uint8)

    def profile(self):
        """{kernel: (launches, microseconds)} of those that ran."""
        found, row, index = {}, Profile(), 0
        while not self.runtime.library.moe_rt_session_profile(self.handle, c_size_t(index), byref(row)):
            if row.count:
                found[row.kernel.decode()] = (row.count, row.microseconds)
            index += 1
        return found
