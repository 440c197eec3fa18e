//===- Driver.cpp - The state behind the driver's entry points ------------===//

#include "Driver.h"
#include <cstdio>
#include <fstream>

using namespace moe::emulator;

namespace {

uint64_t environment(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text && *text ? strtoull(text, nullptr, 10) : otherwise;
}

CUresult resultOf(FaultKind kind) {
  switch (kind) {
  case FaultKind::IllegalAddress:
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  case FaultKind::Misaligned:
    return CUDA_ERROR_MISALIGNED_ADDRESS;
  case FaultKind::Trap:
  case FaultKind::LaunchFailure:
    return CUDA_ERROR_LAUNCH_FAILED;
  case FaultKind::BadLaunch:
    return CUDA_ERROR_INVALID_VALUE;
  }
  __builtin_unreachable();
}

using Body = std::function<CUresult(Driver &, CUctx_st *)>;

/// The host's memory may end as well.
CUresult guarded(const Body &body, Driver &driver, CUctx_st *context) {
  try {
    return body(driver, context);
  } catch (const std::bad_alloc &) {
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
}

/// Is some stream of the context capturing in a way that forbids this thread's unsafe calls?
bool forbiddenByCapture(CUctx_st &context) {
  for (CUstream stream : context.streams) {
    if (!stream->capture || stream->mode == CU_STREAM_CAPTURE_MODE_RELAXED)
      continue;
    if (stream->mode == CU_STREAM_CAPTURE_MODE_GLOBAL ||
        stream->capturer == std::this_thread::get_id()) {
      stream->invalidated = true;
      return true;
    }
  }
  return false;
}

} // namespace

CUctx_st::~CUctx_st() {
  for (CUmodule module : modules)
    delete module;
  for (CUstream stream : streams)
    if (stream != &legacy)
      delete stream;
  for (CUevent event : events)
    delete event;
  for (CUgraph graph : graphs)
    delete graph;
  for (CUgraphExec executable : executables)
    delete executable;
  for (const auto &[memory, bytes] : hostMemory)
    free(memory);
}

void CUctx_st::fail(const LaunchError &error) {
  if (pending != CUDA_SUCCESS)
    return;
  pending = resultOf(error.kind);
  fprintf(stderr, "emulator: %s\n", error.message.c_str());
  if (const char *log = getenv("MOE_EMULATOR_LOG"))
    std::ofstream(log, std::ios::app) << error.message << "\n";
}

CUresult CUctx_st::enqueue(CUstream handle, CudaWork work) {
  CUstream target = stream(handle);
  if (!target)
    return CUDA_ERROR_INVALID_HANDLE;
  if (target->capture)
    target->capture->work.push_back(std::move(work));
  else if (pending == CUDA_SUCCESS) // what follows a fault does not run
    work(*this);
  return CUDA_SUCCESS;
}

Driver::Driver()
    : arch(static_cast<uint32_t>(environment("MOE_FAKE_CUDA_ARCH", 80))),
      memoryBytes(environment("MOE_FAKE_CUDA_MEMORY", Emulator::kDefaultMemory)),
      devices(environment("MOE_FAKE_CUDA_DEVICES", 1)) {}

/// Never destroyed: entry points may be called by destructors of the program.
Driver &Driver::get() {
  static Driver *driver = [] {
    auto *made = new Driver();
    atexit([] { get().writeCounters(); });
    return made;
  }();
  return *driver;
}

void Driver::collect(const CUctx_st &context) { ended.merge(context.emulator.counters); }

void Driver::writeCounters() {
  const char *file = getenv("MOE_EMULATOR_COUNTERS");
  if (!file || !*file)
    return;
  std::lock_guard<std::mutex> lock(mutex);
  Counters all = ended;
  for (const Device &device : devices)
    if (device.primary)
      all.merge(device.primary->emulator.counters);
  std::ofstream(file) << all.json();
}

std::vector<CUctx_st *> &moe::emulator::contextStack() {
  static thread_local std::vector<CUctx_st *> stack;
  return stack;
}

/// Null: there is none, or it was destroyed.
CUctx_st *Driver::current() {
  if (contextStack().empty())
    return nullptr;
  for (const Device &device : devices)
    if (device.primary.get() == contextStack().back())
      return device.primary.get();
  return nullptr;
}

CUresult moe::emulator::enter(const char *name, Needs needs,
                              const std::function<CUresult(Driver &, CUctx_st *)> &body) {
  Driver &driver = Driver::get();
  std::lock_guard<std::mutex> lock(driver.mutex);
  if (CUresult asked = driver.failures.next(name))
    return asked;
  if (needs == Needs::Nothing)
    return guarded(body, driver, nullptr);
  if (!driver.initialised)
    return CUDA_ERROR_NOT_INITIALIZED;
  CUctx_st *context = driver.current();
  if (needs == Needs::Init)
    return guarded(body, driver, context);
  if (!context)
    return CUDA_ERROR_INVALID_CONTEXT;
  if (needs == Needs::Unsafe && forbiddenByCapture(*context))
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (context->pending && (context->reported || needs != Needs::Context)) {
    context->reported = true;
    return context->pending;
  }
  return guarded(body, driver, context);
}
