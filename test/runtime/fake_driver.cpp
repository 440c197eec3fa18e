//===- fake_driver.cpp - A CUDA driver without a GPU ----------------------===//
//
// Stands in for libcuda.so.1 in the runtime's tests (MOE_CUDA_DRIVER). Device memory is host memory
// under addresses that the host cannot read; a stream keeps its work until someone waits, so that a
// missing wait shows; kernels are C++ functions, known by name (demo_device.c launches them).
//
//===----------------------------------------------------------------------===//

#include "fake_driver.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

using namespace moe::cuda;
using moe::test::FakeDriver;

#define EXPORT extern "C" __attribute__((visibility("default")))

static std::recursive_mutex lock;
static Result lost = kSuccess;

static void resetDevice() { lost = kSuccess; }

/// From the environment: version=11040,devices=0,major=7,minor=5
static FakeDriver configure() {
  FakeDriver state;
  state.reset = resetDevice;
  const char *text = getenv("MOE_FAKE_DRIVER");
  auto read = [&](const char *key, int &value) {
    const char *place = text ? strstr(text, key) : nullptr;
    if (place)
      value = atoi(place + strlen(key));
  };
  read("version=", state.version);
  read("devices=", state.devices);
  read("major=", state.major);
  read("minor=", state.minor);
  return state;
}

EXPORT FakeDriver moe_fake_driver;
FakeDriver moe_fake_driver = configure();
static FakeDriver &fake = moe_fake_driver;

using Work = std::function<Result()>;
namespace moe::cuda {
struct ContextObject {};
struct ModuleObject {};
struct FunctionObject {
  const char *name;
  size_t parameters; // of 8 bytes each
  Result (*run)(const int64_t *parameters);
  int shared;
};
struct GraphObject {
  std::vector<Work> work;
};
struct GraphExecObject {
  std::vector<Work> work;
};
struct StreamObject {
  std::vector<Work> work;
  Graph capture = nullptr;
  Result drain();
};
struct EventObject {
  Stream stream = nullptr;
  double time = -1;
};
} // namespace moe::cuda

static ContextObject primary;
static thread_local std::vector<Context> current;
static thread_local int captureMode = 0, capturesOfThread = 0;
static std::map<DevicePtr, size_t> blocks;
static std::set<void *> pinned;
static std::set<Stream> streams;
static double now = 0; // milliseconds that kernels took

/// No host address looks like this, so that reading device memory on the host faults.
static constexpr DevicePtr kDeviceBit = DevicePtr(1) << 62;
static char *hostOf(DevicePtr address) { return reinterpret_cast<char *>(address & ~kDeviceBit); }

/// Whether device memory covers the bytes.
static bool covers(DevicePtr address, size_t bytes) {
  auto block = blocks.upper_bound(address);
  if (block == blocks.begin())
    return false;
  --block;
  return address - block->first + bytes <= block->second;
}

static Result fault() { return lost = kIllegalAddress; }

Result StreamObject::drain() {
  std::vector<Work> rest;
  rest.swap(work);
  for (Work &step : rest)
    if (lost || step())
      return lost;
  return lost;
}

/// What every function does first: the scripted failure, the loss of the device, the context.
static Result enter(const char *name, bool needsContext, bool counts = true) {
  bool counted = fake.failing ? !strcmp(fake.failing, name) : counts;
  if (counted && fake.calls++ == fake.failAt) {
    fake.failed = name;
    return fake.failWith;
  }
  if (needsContext && current.empty()) {
    ++fake.violations;
    return kInvalidContext;
  }
  return needsContext ? lost : kSuccess;
}
#define ENTER(...)                                                                                 \
  std::lock_guard<std::recursive_mutex> guard(lock);                                               \
  if (Result result = enter(__VA_ARGS__))                                                          \
  return result

/// Puts work on a stream, or into what it captures.
static Result put(Stream stream, Work work) {
  if (!streams.count(stream)) {
    ++fake.violations;
    return kInvalidHandle;
  }
  (stream->capture ? stream->capture->work : stream->work).push_back(std::move(work));
  return kSuccess;
}

static void noteInFlight() {
  for (Stream stream : streams)
    if (!stream->work.empty()) {
      ++fake.givenBackInFlight;
      return;
    }
}

/// What a thread that captures must not do, unless it relaxes.
static bool isUnsafe() { return capturesOfThread && captureMode != kCaptureModeRelaxed; }

EXPORT Result cuInit(unsigned) {
  ENTER("cuInit", false);
  return fake.devices ? kSuccess : kNoDevice;
}
EXPORT Result cuDriverGetVersion(int *version) {
  ENTER("cuDriverGetVersion", false);
  *version = fake.version;
  return kSuccess;
}
EXPORT Result cuGetErrorName(Result error, const char **text) {
  *text = error == kOutOfMemory      ? "CUDA_ERROR_OUT_OF_MEMORY"
          : error == kIllegalAddress ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : error == kNoDevice       ? "CUDA_ERROR_NO_DEVICE"
                                     : nullptr;
  return *text ? kSuccess : kInvalidValue;
}
EXPORT Result cuGetErrorString(Result error, const char **text) {
  *text = error == kOutOfMemory ? "out of memory" : "as scripted";
  return kSuccess;
}
EXPORT Result cuDeviceGetCount(int *count) {
  ENTER("cuDeviceGetCount", false);
  *count = fake.devices;
  return kSuccess;
}
EXPORT Result cuDeviceGet(Device *device, int ordinal) {
  ENTER("cuDeviceGet", false);
  *device = ordinal;
  return ordinal < fake.devices ? kSuccess : kInvalidDevice;
}
EXPORT Result cuDeviceGetName(char *name, int size, Device) {
  ENTER("cuDeviceGetName", false);
  snprintf(name, static_cast<size_t>(size), "Fake GPU");
  return kSuccess;
}
EXPORT Result cuDeviceGetAttribute(int *value, int attribute, Device) {
  ENTER("cuDeviceGetAttribute", false);
  *value = attribute == kComputeCapabilityMajor ? fake.major : fake.minor;
  return kSuccess;
}
EXPORT Result cuDevicePrimaryCtxRetain(Context *context, Device) {
  ENTER("cuDevicePrimaryCtxRetain", false);
  ++fake.contexts;
  *context = &primary;
  return kSuccess;
}
EXPORT Result cuDevicePrimaryCtxRelease_v2(Device) {
  ENTER("cuDevicePrimaryCtxRelease", false, false);
  --fake.contexts;
  return kSuccess;
}
EXPORT Result cuCtxPushCurrent_v2(Context context) {
  ENTER("cuCtxPushCurrent", false, false);
  current.push_back(context);
  return kSuccess;
}
EXPORT Result cuCtxPopCurrent_v2(Context *context) {
  ENTER("cuCtxPopCurrent", false, false);
  if (current.empty()) {
    ++fake.violations;
    return kInvalidContext;
  }
  *context = current.back();
  current.pop_back();
  return kSuccess;
}

//===-------------------------------- Modules and kernels
//--------------------------------------===//

EXPORT Result cuModuleLoadDataEx(Module *module, const void *image, unsigned count, int *options,
                                 void **values) {
  ENTER("cuModuleLoadDataEx", true);
  for (unsigned i = 0; i + 1 < count; ++i)
    if (options[i] == kJitErrorLogBuffer)
      snprintf(static_cast<char *>(values[i]), reinterpret_cast<size_t>(values[i + 1]), "%s",
               fake.log);
  bool isText = memcmp(image,
                       "\x7f"
                       "ELF",
                       4);
  (isText ? fake.textLoads : fake.binaryLoads)++;
  if (isText && !strstr(static_cast<const char *>(image), ".version"))
    return kInvalidPtx;
  *module = new ModuleObject;
  ++fake.modules;
  return kSuccess;
}
EXPORT Result cuModuleUnload(Module module) {
  ENTER("cuModuleUnload", false, false);
  delete module;
  --fake.modules;
  return kSuccess;
}

/// to[0 .. count] = from[0 .. count]
static Result copyKernel(const int64_t *p) {
  size_t bytes = static_cast<size_t>(p[2]) * 4;
  DevicePtr to = static_cast<DevicePtr>(p[0]), from = static_cast<DevicePtr>(p[1]);
  if (!covers(to, bytes) || !covers(from, bytes))
    return fault();
  memcpy(hostOf(to), hostOf(from), bytes);
  return kSuccess;
}

/// As in demo_code.c: the two largest of a row's four numbers.
static Result routeKernel(const int64_t *p) {
  size_t tokens = static_cast<size_t>(p[3]);
  DevicePtr x = static_cast<DevicePtr>(p[0]), experts = static_cast<DevicePtr>(p[1]),
            weights = static_cast<DevicePtr>(p[2]);
  if (x % 16) // as code for vectors counts on
    return fault();
  if (!covers(x, tokens * 16) || !covers(experts, tokens * 8) || !covers(weights, tokens * 8))
    return fault();
  for (size_t t = 0; t < tokens; ++t) {
    const float *row = reinterpret_cast<const float *>(hostOf(x)) + 4 * t;
    int32_t *chosen = reinterpret_cast<int32_t *>(hostOf(experts)) + 2 * t;
    float *weight = reinterpret_cast<float *>(hostOf(weights)) + 2 * t;
    auto best = [&](int skip) {
      int result = skip == 0 ? 1 : 0;
      for (int e = 0; e < 4; ++e)
        if (e != skip && row[e] > row[result])
          result = e;
      return result;
    };
    chosen[0] = best(-1);
    chosen[1] = row[0] < 0 ? -1 : best(chosen[0]);
    weight[0] = 0.75f;
    weight[1] = chosen[1] < 0 ? 0.0f : 0.25f;
  }
  return kSuccess;
}

/// y = x * the experts' scales; a row that begins with 666 faults.
static Result scaleKernel(const int64_t *p) {
  size_t tokens = static_cast<size_t>(p[5]);
  const size_t rows[] = {16, 8, 8, 0, 16};
  for (int i = 0; i < 5; ++i)
    if (!covers(static_cast<DevicePtr>(p[i]), i == 3 ? 16 : tokens * rows[i]))
      return fault();
  auto floats = [&](int i) {
    return reinterpret_cast<float *>(hostOf(static_cast<DevicePtr>(p[i])));
  };
  const int32_t *experts = reinterpret_cast<const int32_t *>(hostOf(static_cast<DevicePtr>(p[1])));
  for (size_t t = 0; t < tokens; ++t) {
    if (floats(0)[4 * t] == 666)
      return fault();
    float scale = 0;
    for (size_t j = 2 * t; j < 2 * t + 2; ++j)
      if (experts[j] >= 0)
        scale += floats(2)[j] * floats(3)[experts[j]];
    for (size_t j = 4 * t; j < 4 * t + 4; ++j)
      floats(4)[j] = scale * floats(0)[j];
  }
  return kSuccess;
}

static FunctionObject kernels[] = {{"demo_copy", 3, copyKernel, 48 << 10},
                                   {"demo_route", 4, routeKernel, 48 << 10},
                                   {"demo_scale", 6, scaleKernel, 48 << 10}};

EXPORT Result cuModuleGetFunction(Function *function, Module, const char *name) {
  ENTER("cuModuleGetFunction", true);
  for (FunctionObject &kernel : kernels)
    if (!strcmp(kernel.name, name)) {
      *function = &kernel;
      return kSuccess;
    }
  return kNotFound;
}
EXPORT Result cuFuncSetAttribute(Function function, int, int value) {
  ENTER("cuFuncSetAttribute", true);
  if (value > 160 << 10)
    return kInvalidValue;
  function->shared = value;
  return kSuccess;
}
EXPORT Result cuLaunchKernel(Function function, unsigned x, unsigned y, unsigned z,
                             unsigned threads, unsigned, unsigned, unsigned shared, Stream stream,
                             void **parameters, void **) {
  ENTER("cuLaunchKernel", true);
  if (!x || !y || !z || !threads || static_cast<int>(shared) > function->shared)
    return kInvalidValue;
  std::vector<int64_t> values;
  for (size_t i = 0; i < function->parameters; ++i)
    values.push_back(*static_cast<int64_t *>(parameters[i]));
  ++fake.launches;
  return put(stream, [function, values] {
    now += 0.5;
    return function->run(values.data());
  });
}

//===-------------------------------- Memory
//---------------------------------------------------===//

EXPORT Result cuMemAlloc_v2(DevicePtr *address, size_t bytes) {
  ENTER("cuMemAlloc", true);
  if (isUnsafe())
    return kStreamCaptureUnsupported;
  if (!bytes)
    return kInvalidValue;
  if (fake.bytes + static_cast<int64_t>(bytes) > fake.capacity)
    return kOutOfMemory;
  void *memory = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(memory, 0x5a, bytes);
  *address = reinterpret_cast<DevicePtr>(memory) | kDeviceBit;
  blocks[*address] = bytes;
  ++fake.blocks;
  fake.bytes += static_cast<int64_t>(bytes);
  return kSuccess;
}
EXPORT Result cuMemFree_v2(DevicePtr address) {
  ENTER("cuMemFree", false, false);
  auto block = blocks.find(address);
  if (block == blocks.end()) {
    ++fake.violations;
    return kInvalidValue;
  }
  noteInFlight();
  fake.bytes -= static_cast<int64_t>(block->second);
  blocks.erase(block);
  free(hostOf(address));
  --fake.blocks;
  return kSuccess;
}
EXPORT Result cuMemGetInfo_v2(size_t *free, size_t *total) {
  ENTER("cuMemGetInfo", true, false);
  *total = static_cast<size_t>(fake.capacity);
  *free = static_cast<size_t>(fake.capacity - fake.bytes);
  return kSuccess;
}
EXPORT Result cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  ENTER("cuMemHostAlloc", true);
  *memory = malloc(bytes);
  pinned.insert(*memory);
  ++fake.pinned;
  return kSuccess;
}
EXPORT Result cuMemFreeHost(void *memory) {
  ENTER("cuMemFreeHost", false, false);
  fake.violations += !pinned.erase(memory);
  free(memory);
  --fake.pinned;
  return kSuccess;
}
EXPORT Result cuMemcpyHtoDAsync_v2(DevicePtr to, const void *from, size_t bytes, Stream stream) {
  ENTER("cuMemcpyHtoDAsync", true);
  return put(stream, [=]() -> Result {
    if (!covers(to, bytes))
      return fault();
    memcpy(hostOf(to), from, bytes);
    return kSuccess;
  });
}
EXPORT Result cuMemcpyDtoHAsync_v2(void *to, DevicePtr from, size_t bytes, Stream stream) {
  ENTER("cuMemcpyDtoHAsync", true);
  return put(stream, [=]() -> Result {
    if (!covers(from, bytes))
      return fault();
    memcpy(to, hostOf(from), bytes);
    return kSuccess;
  });
}
EXPORT Result cuMemcpyDtoDAsync_v2(DevicePtr to, DevicePtr from, size_t bytes, Stream stream) {
  ENTER("cuMemcpyDtoDAsync", true);
  return put(stream, [=]() -> Result {
    if (!covers(to, bytes) || !covers(from, bytes))
      return fault();
    memmove(hostOf(to), hostOf(from), bytes);
    return kSuccess;
  });
}

//===-------------------------------- Streams and events
//---------------------------------------===//

EXPORT Result cuStreamCreate(Stream *stream, unsigned) {
  ENTER("cuStreamCreate", true);
  *stream = new StreamObject;
  streams.insert(*stream);
  ++fake.streams;
  return kSuccess;
}
EXPORT Result cuStreamDestroy_v2(Stream stream) {
  ENTER("cuStreamDestroy", false, false);
  fake.violations += !streams.erase(stream);
  delete stream;
  --fake.streams;
  return kSuccess;
}
EXPORT Result cuStreamSynchronize(Stream stream) {
  ENTER("cuStreamSynchronize", true);
  if (!streams.count(stream)) {
    ++fake.violations;
    return kInvalidHandle;
  }
  return stream->capture ? kStreamCaptureUnsupported : stream->drain();
}
EXPORT Result cuEventCreate(Event *event, unsigned) {
  ENTER("cuEventCreate", true);
  *event = new EventObject;
  ++fake.events;
  return kSuccess;
}
EXPORT Result cuEventDestroy_v2(Event event) {
  ENTER("cuEventDestroy", false, false);
  delete event;
  --fake.events;
  return kSuccess;
}
EXPORT Result cuEventRecord(Event event, Stream stream) {
  ENTER("cuEventRecord", true);
  event->stream = stream;
  event->time = -1;
  return put(stream, [event] {
    event->time = now;
    return kSuccess;
  });
}
EXPORT Result cuEventSynchronize(Event event) {
  ENTER("cuEventSynchronize", true);
  return event->stream ? event->stream->drain() : kSuccess;
}
EXPORT Result cuEventElapsedTime(float *milliseconds, Event begin, Event end) {
  ENTER("cuEventElapsedTime", true);
  *milliseconds = static_cast<float>(end->time - begin->time);
  return begin->time < 0 || end->time < 0 ? kNotReady : kSuccess;
}

//===-------------------------------- Graphs
//---------------------------------------------------===//

EXPORT Result cuThreadExchangeStreamCaptureMode(int *mode) {
  std::swap(captureMode, *mode);
  return kSuccess;
}
EXPORT Result cuStreamIsCapturing(Stream stream, int *status) {
  ENTER("cuStreamIsCapturing", true);
  *status = stream->capture ? kCaptureStatusActive : kCaptureStatusNone;
  return kSuccess;
}
EXPORT Result cuStreamBeginCapture_v2(Stream stream, int mode) {
  ENTER("cuStreamBeginCapture", true);
  if (stream->capture || mode != kCaptureModeThreadLocal)
    return kInvalidValue;
  stream->capture = new GraphObject;
  ++fake.graphs;
  ++fake.captures;
  ++capturesOfThread;
  return kSuccess;
}
EXPORT Result cuStreamEndCapture(Stream stream, Graph *graph) {
  std::lock_guard<std::recursive_mutex> guard(lock);
  *graph = stream->capture;
  stream->capture = nullptr;
  --capturesOfThread;
  // A capture that went wrong ends, without a graph.
  if (Result result = enter("cuStreamEndCapture", true)) {
    delete *graph;
    *graph = nullptr;
    --fake.graphs;
    return result;
  }
  return kSuccess;
}
EXPORT Result cuGraphInstantiateWithFlags(GraphExec *exec, Graph graph, unsigned long long) {
  ENTER("cuGraphInstantiateWithFlags", true);
  *exec = new GraphExecObject{graph->work};
  ++fake.execs;
  return kSuccess;
}
EXPORT Result cuGraphLaunch(GraphExec exec, Stream stream) {
  ENTER("cuGraphLaunch", true);
  ++fake.graphLaunches;
  for (const Work &work : exec->work)
    if (Result result = put(stream, work))
      return result;
  return kSuccess;
}
EXPORT Result cuGraphExecDestroy(GraphExec exec) {
  ENTER("cuGraphExecDestroy", false, false);
  noteInFlight();
  delete exec;
  --fake.execs;
  return kSuccess;
}
EXPORT Result cuGraphDestroy(Graph graph) {
  ENTER("cuGraphDestroy", false, false);
  delete graph;
  --fake.graphs;
  return kSuccess;
}

//===-------------------------------- Old names, and the way to the new
//-------------------------===//

/// The first version of some functions, which nobody should call any more.
#define OLD(name)                                                                                  \
  EXPORT Result name() {                                                                           \
    ++fake.violations;                                                                             \
    return kInvalidValue;                                                                          \
  }
OLD(cuMemAlloc)
OLD(cuMemFree)
OLD(cuMemGetInfo)
OLD(cuMemcpyHtoDAsync)
OLD(cuMemcpyDtoHAsync)
OLD(cuMemcpyDtoDAsync)
OLD(cuCtxPushCurrent)
OLD(cuCtxPopCurrent)
OLD(cuDevicePrimaryCtxRelease)
OLD(cuStreamDestroy)
OLD(cuEventDestroy)
OLD(cuStreamBeginCapture)

#ifndef MOE_FAKE_OLD_DRIVER
EXPORT Result cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t, int *) {
  struct Row {
    const char *name;
    void *function;
  };
#define FIND(name, symbol, parameters)                                                             \
  if (!strcmp(wanted, #name))                                                                      \
    return symbol;
  auto symbolOf = [](const char *wanted) -> const char * {
    MOE_CUDA_FUNCTIONS(FIND)
    MOE_CUDA_GRAPH_FUNCTIONS(FIND)
    return nullptr;
  };
  static const Row rows[] = {
#define ROW(symbol) {#symbol, reinterpret_cast<void *>(symbol)}
      ROW(cuDevicePrimaryCtxRelease_v2),
      ROW(cuCtxPushCurrent_v2),
      ROW(cuCtxPopCurrent_v2),
      ROW(cuMemAlloc_v2),
      ROW(cuMemFree_v2),
      ROW(cuMemGetInfo_v2),
      ROW(cuMemcpyHtoDAsync_v2),
      ROW(cuMemcpyDtoHAsync_v2),
      ROW(cuMemcpyDtoDAsync_v2),
      ROW(cuStreamDestroy_v2),
      ROW(cuEventDestroy_v2),
      ROW(cuStreamBeginCapture_v2)};
  const char *symbol = symbolOf(name);
  for (const Row &row : rows)
    if (symbol && version >= 12000 && !strcmp(row.name, symbol)) {
      *function = row.function;
      return kSuccess;
    }
  *function = nullptr; // the others are found by their symbols
  return kNotFound;
}
#endif
