//===- Driver.h - The state behind the driver's entry points ----*- C++ -*-===//
//
// Work runs when it is enqueued, unless its stream captures a graph. A kernel that faults is told
// as a driver tells it: by the next call that waits, and from then on by all calls.
//
// The environment: MOE_FAKE_CUDA_DEVICES (how many), MOE_FAKE_CUDA_ARCH (as 80),
// MOE_FAKE_CUDA_MEMORY (bytes of each), MOE_FAKE_CUDA_FAIL=NAME:N=ERROR (the N-th call of an entry
// point, or of `*`, returns the error's number), MOE_EMULATOR_COUNTERS (a file for Counters::json
// at exit), MOE_EMULATOR_LOG (a file for messages of faults).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_DRIVER_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_DRIVER_H

#include "../Emulator.h"
#include "CudaApi.h"
#include "EntryPoints.h"
#include "Failures.h"
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>

struct CUfunc_st {
  CUmodule module;
  const moe::emulator::Kernel *kernel;
  uint32_t maximumDynamicShared;
};

struct CUmod_st {
  moe::emulator::Module *module;
  std::map<std::string, CUfunc_st> functions;
};

/// Work that a graph repeats.
using CudaWork = std::function<void(CUctx_st &)>;

struct CUgraph_st {
  std::vector<CudaWork> work;
};

struct CUgraphExec_st {
  std::vector<CudaWork> work;
};

struct CUstream_st {
  CUctx_st *context;
  std::unique_ptr<CUgraph_st> capture; // while it captures
  CUstreamCaptureMode mode = 0;
  std::thread::id capturer;
  bool invalidated = false;
};

struct CUevent_st {
  bool recorded = false;
  std::chrono::steady_clock::time_point time;
};

/// The primary context of a device.
struct CUctx_st {
  CUctx_st(int device, uint64_t memory) : device(device), emulator(memory) {
    streams.insert(&legacy);
  }
  ~CUctx_st();

  int device;
  moe::emulator::Emulator emulator;
  CUstream_st legacy{this, nullptr, 0, {}, false}; // the stream called null
  std::set<CUmodule> modules;
  std::set<CUstream> streams;
  std::set<CUevent> events;
  std::set<CUgraph> graphs;
  std::set<CUgraphExec> executables;
  std::map<char *, size_t> hostMemory;
  CUresult pending = CUDA_SUCCESS; // of a kernel that faulted
  bool reported = false;

  /// The stream of a handle, or null.
  CUstream stream(CUstream handle) {
    return !handle || handle == reinterpret_cast<CUstream>(1) ||
                   handle == reinterpret_cast<CUstream>(2)
               ? &legacy
           : streams.count(handle) ? handle
                                   : nullptr;
  }
  /// Runs work of a stream now, or keeps it for its graph.
  CUresult enqueue(CUstream handle, CudaWork work);
  /// A kernel has faulted.
  void fail(const moe::emulator::LaunchError &error);
};

namespace moe::emulator {

struct Device {
  std::unique_ptr<CUctx_st> primary;
  unsigned retained = 0;
};

/// Everything; one lock for all entry points.
class Driver {
public:
  static Driver &get();

  std::mutex mutex;
  Failures failures;
  bool initialised = false;
  uint32_t arch;
  uint64_t memoryBytes;
  std::vector<Device> devices;

  CUctx_st *current();
  /// Takes a context's counters before it goes.
  void collect(const CUctx_st &context);
  void writeCounters();

private:
  Driver();
  Counters ended; // of contexts that are gone
};

/// What a call needs, and what a fault before it does to it.
enum class Needs {
  Nothing,       // works without cuInit
  Init,          // works without a context
  Context,       // the ordinary call
  Synchronising, // waits for the device's work
  Unsafe,        // the same, and not while a stream captures
};

/// The frame of each entry point: the lock, the failures asked for, what it needs.
CUresult enter(const char *name, Needs needs,
               const std::function<CUresult(Driver &, CUctx_st *)> &body);

/// Shared memory that a block may ask for, by architecture.
int mostSharedOf(uint32_t arch);

/// The contexts that this thread has pushed.
std::vector<CUctx_st *> &contextStack();

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_DRIVER_DRIVER_H
