//===- cuda_driver.cpp - From a library to a table of functions -----------===//
//
// The driver is opened when the first model asks for a GPU, so that one binary runs everywhere and
// a process that stays on the CPU never sees it.
//
//===----------------------------------------------------------------------===//

#include "cuda_driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

using namespace moe;
using namespace moe::cuda;
using rt::report;

/// What the runtime asks of a driver: that it takes PTX 8.0, as CUDA 12.0 does.
static constexpr int kLeastVersion = 12000;

namespace {
/// A library that was loaded.
struct Loaded {
  Loaded *next;
  char *path;
  Driver driver;
};
} // namespace

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Loaded *loaded = nullptr;

static const char *driverPath() {
  const char *path = getenv("MOE_CUDA_DRIVER");
  return path && *path ? path : "libcuda.so.1";
}

/// The driver's own table knows which version of a function an interface version means; older
/// drivers have none.
static void *findFunction(void *library, GetProcAddress getAddress, const char *name,
                          const char *symbol) {
  void *function = nullptr;
  if (getAddress && getAddress(name, &function, kLeastVersion, 0, nullptr) == kSuccess && function)
    return function;
  return dlsym(library, symbol);
}

/// Fills the table; the symbol that is missing and needed, or null.
static const char *fill(Driver &driver, void *library) {
  auto getAddress = reinterpret_cast<GetProcAddress>(dlsym(library, "cuGetProcAddress_v2"));
#define MOE_CUDA_FIND(name, symbol, parameters)                                                    \
  driver.name =                                                                                    \
      reinterpret_cast<Result(*) parameters>(findFunction(library, getAddress, #name, symbol));
  MOE_CUDA_FUNCTIONS(MOE_CUDA_FIND)
  MOE_CUDA_GRAPH_FUNCTIONS(MOE_CUDA_FIND)
  MOE_CUDA_EXTRA_FUNCTIONS(MOE_CUDA_FIND)
#undef MOE_CUDA_FIND
  driver.hasGraphs = true;
#define MOE_CUDA_HAS(name, symbol, parameters) driver.hasGraphs = driver.hasGraphs && driver.name;
  MOE_CUDA_GRAPH_FUNCTIONS(MOE_CUDA_HAS)
#undef MOE_CUDA_HAS
#define MOE_CUDA_NEED(name, symbol, parameters)                                                    \
  if (!driver.name)                                                                                \
    return symbol;
  MOE_CUDA_FUNCTIONS(MOE_CUDA_NEED)
#undef MOE_CUDA_NEED
  return nullptr;
}

/// The library stays open from here on, whatever comes of it: unloading a driver is not safe.
static moe_rt_status load(const char *where, const char *path, moe_rt_error *error) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return report(error, MOE_RT_DEVICE,
                  "%s: cannot load the CUDA driver: %s; install NVIDIA's driver, or run with "
                  "--device cpu",
                  where, reason ? reason : path);
  }
  Driver driver = {};
  if (const char *missing = fill(driver, library))
    return report(error, MOE_RT_DEVICE,
                  "%s: the CUDA driver '%s' has no function '%s'; install NVIDIA's driver for CUDA "
                  "12.0 or later, or run with --device cpu",
                  where, path, missing);
  auto *entry = static_cast<Loaded *>(calloc(1, sizeof(Loaded)));
  char *copy = strdup(path);
  if (!entry || !copy) {
    free(entry);
    free(copy);
    return report(error, MOE_RT_OUT_OF_MEMORY, "%s: out of memory", where);
  }
  *entry = {loaded, copy, driver};
  loaded = entry;
  return MOE_RT_OK;
}

/// The table of the library at `path`, which is loaded where it is not yet.
static moe_rt_status find(const char *where, const char *path, const Driver *&driver,
                          moe_rt_error *error) {
  auto known = [&] {
    Loaded *entry = loaded;
    while (entry && strcmp(entry->path, path))
      entry = entry->next;
    return entry;
  };
  if (!known())
    if (moe_rt_status status = load(where, path, error))
      return status;
  driver = &known()->driver;
  return MOE_RT_OK;
}

/// On every load of a model: what fails here may be mended while the process lives.
static moe_rt_status initialise(const char *where, const Driver &driver, moe_rt_error *error) {
  int version = 0;
  Outcome outcome = {driver.cuDriverGetVersion(&version), "cuDriverGetVersion"};
  if (!outcome && version < kLeastVersion)
    return report(error, MOE_RT_UNSUPPORTED,
                  "%s: unsupported: the CUDA driver is for CUDA %d.%d, expected 12.0 or later; "
                  "install a newer driver, or run with --device cpu",
                  where, version / 1000, version % 1000 / 10);
  if (!outcome)
    outcome = {driver.cuInit(0), "cuInit"};
  if (!outcome)
    return MOE_RT_OK;
  rt::Line line;
  append(line, driver, outcome);
  return report(error, MOE_RT_DEVICE,
                "%s: the CUDA driver does not start: %s; see whether nvidia-smi works, or run with "
                "--device cpu",
                where, line.text());
}

moe_rt_status cuda::openDriver(const char *where, const Driver *&driver, moe_rt_error *error) {
  pthread_mutex_lock(&lock);
  moe_rt_status status = find(where, driverPath(), driver, error);
  pthread_mutex_unlock(&lock);
  return status ? status : initialise(where, *driver, error);
}

namespace {
/// What an error means to us, where that is more than "the device refuses".
struct ErrorRow {
  Result result;
  bool sticky;
  moe_rt_status status;
};
} // namespace

static const ErrorRow *findError(Result result) {
  // What only wrong kernels do is our own fault.
  static const ErrorRow rows[] = {{kNoHostMemory, false, MOE_RT_OUT_OF_MEMORY},
                                  {kOutOfMemory, false, MOE_RT_OUT_OF_MEMORY},
                                  {kUnsupportedPtxVersion, false, MOE_RT_UNSUPPORTED},
                                  {kNoBinaryForGpu, false, MOE_RT_UNSUPPORTED},
                                  {kInvalidPtx, false, MOE_RT_INTERNAL},
                                  {kNotFound, false, MOE_RT_MALFORMED},
                                  {kEccUncorrectable, true, MOE_RT_DEVICE},
                                  {kIllegalAddress, true, MOE_RT_INTERNAL},
                                  {kLaunchTimeout, true, MOE_RT_DEVICE},
                                  {kAssert, true, MOE_RT_INTERNAL},
                                  {kHardwareStackError, true, MOE_RT_INTERNAL},
                                  {kIllegalInstruction, true, MOE_RT_INTERNAL},
                                  {kMisalignedAddress, true, MOE_RT_INTERNAL},
                                  {kInvalidAddressSpace, true, MOE_RT_INTERNAL},
                                  {kInvalidPc, true, MOE_RT_INTERNAL},
                                  {kLaunchFailed, true, MOE_RT_INTERNAL},
                                  {kUnknown, true, MOE_RT_DEVICE}};
  for (const ErrorRow &row : rows)
    if (row.result == result)
      return &row;
  return nullptr;
}

bool cuda::isSticky(Result result) {
  const ErrorRow *row = findError(result);
  return row && row->sticky;
}

moe_rt_status cuda::statusOf(Result result) {
  const ErrorRow *row = findError(result);
  return row ? row->status : MOE_RT_DEVICE;
}

void cuda::append(rt::Line &line, const Driver &driver, const Outcome &outcome) {
  const char *name = nullptr, *text = nullptr;
  if (outcome.result == kNoHostMemory)
    return line.append("out of memory of the host");
  if (driver.cuGetErrorName(outcome.result, &name) || !name)
    name = "an unknown error";
  if (driver.cuGetErrorString(outcome.result, &text) || !text)
    text = "no description";
  line.append("%s: %s (%d, %s)", outcome.call, name, outcome.result, text);
}
