//===- cuda_session.h - A session on a GPU ----------------------*- C++ -*-===//

#ifndef MOE_RUNTIME_CUDA_SESSION_H
#define MOE_RUNTIME_CUDA_SESSION_H

#include "cuda_device.h"
#include "cuda_memory.h"
#include "session.h"

namespace moe::cuda {

/// Runs of one kind, by what decides which kernels they launch: the inputs' shapes and what is
/// observed. Seen once it is a candidate, seen again it is captured.
struct Shape {
  /// Null where the place is free. Of its inputs and observations, in this order.
  moe_abi_tensor *inputs;
  uint8_t *observed;
  /// What the code uploads in such a run.
  size_t uploadBytes;
  /// Counts up; the one with the smallest was of use the longest ago.
  uint64_t lastRun;

  /// Null until it is captured; with it come the memory that it works on, and what it leaves there.
  GraphExec exec;
  DeviceBlocks *blocks;
  moe_abi_tensor *outputs, *observations;
  bool *delivered;
  uint64_t kernels;
  /// Pinned memory of what the code uploads, which each launch copies again, and how much is used.
  uint8_t *uploads;
  size_t uploadsUsed;
};

/// Times kernels by events before and after each.
struct Timer {
  struct Pair {
    Event begin, end;
    size_t kernel;
  };
  static constexpr size_t kPairs = 256;
  Pair pairs[kPairs];
  size_t used;
};

/// Fields are filled in this order; what is null was never made.
struct Session {
  Session(Model &model, const Driver &driver) : model(model), driver(driver) {}

  Model &model;
  const Driver &driver;
  Stream stream = nullptr;
  bool ownsStream = false;
  /// Where work goes: `stream`, or the one that is captured.
  Stream work = nullptr;
  bool deviceOutputs = false;
  /// Wait for each kernel, so that a fault is known by its name.
  bool waits = false;
  DeviceBlocks *blocks = nullptr;
  Staging staging{driver, kStagingBytes};
  /// What the code sees as inputs.
  moe_abi_tensor *inputs = nullptr;
  /// Null where kernels are not timed.
  Timer *timer = nullptr;
  /// Around the work of a run, where runs are timed.
  bool timesRuns = false;
  Event runBegin = nullptr, runEnd = nullptr;
  /// What the code uploaded in this run.
  size_t uploadBytes = 0;

  static constexpr size_t kShapes = 8;
  Shape shapes[kShapes] = {};
  bool useGraphs = false;
  Stream captureStream = nullptr;
  /// The one that is being captured; null else.
  Shape *capturing = nullptr;
  uint64_t run = 0;

  static constexpr size_t kStagingBytes = size_t(4) << 20;
};

/// Fills the callbacks of the session's context with the GPU's (cuda_run.cpp).
void connectCuda(moe_rt_session &session);

/// A block, also where idle memory has to be given back first.
Outcome takeBlock(moe_rt_session &session, size_t bytes, DevicePtr &address);
/// Copies a bound input to the device, wherever it lies.
Outcome copyInput(moe_rt_session &session, size_t input, DevicePtr to);
/// The bytes of a bound input.
size_t inputBytes(const moe_rt_session &session, size_t input);
/// Puts all work of a run on the stream, kernel by kernel.
moe_rt_status runPlain(moe_rt_session &session, moe_rt_error *error);

/// A run by a graph where its shape was seen before, else kernel by kernel (cuda_graph.cpp).
moe_rt_status runByShape(moe_rt_session &session, moe_rt_error *error);
/// Gives all graphs and their memory back, once the stream is done.
void dropShapes(moe_rt_session &session);

/// Around a launch (cuda_profile.cpp).
Outcome beginTiming(moe_rt_session &session, size_t kernel);
Outcome endTiming(moe_rt_session &session);
/// Waits for the stream, and adds up what was timed.
Outcome collectTimes(moe_rt_session &session);
/// Around the work of a run, where runs are timed; the time is read once the stream is done.
Outcome beginRunTiming(Session &cuda);
Outcome endRunTiming(Session &cuda);
Outcome readRunTime(moe_rt_session &session);
Timer *createTimer(const rt::Allocator &allocator);
void destroyTimer(const rt::Allocator &allocator, const Driver &driver, Timer *timer);

} // namespace moe::cuda

#endif // MOE_RUNTIME_CUDA_SESSION_H
