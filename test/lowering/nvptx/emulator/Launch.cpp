//===- Launch.cpp - All blocks of a launch --------------------------------===//

#include "Emulator.h"
#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

using namespace moe::emulator;

namespace {

/// The number of an environment variable, or `otherwise`.
uint64_t environment(const char *name, uint64_t otherwise) {
  const char *text = getenv(name);
  return text && *text ? strtoull(text, nullptr, 10) : otherwise;
}

/// Where a block stands in its launch, as in messages.
std::string describe(const Block &block, const Fault &fault) {
  const Warp &warp = *block.running;
  const Dimensions &at = block.place;
  std::string text = "kernel " + block.kernel->name;
  uint32_t line = block.kernel->code[warp.pc ? warp.pc - 1 : 0].line;
  if (line)
    text += ", line " + std::to_string(line);
  text += ", block (" + std::to_string(at.x) + "," + std::to_string(at.y) + "," +
          std::to_string(at.z) + ")";
  text += fault.lane == Fault::kNoLane ? ", warp " + std::to_string(warp.index)
                                       : ", thread " + std::to_string(warp.thread(fault.lane));
  return text + ": " + fault.what();
}

/// Host threads take blocks until there are none; of faults, the one of the first block counts.
class Launch {
public:
  Launch(const Kernel &kernel, const LaunchShape &shape, DeviceMemory &memory);
  void run();

  std::optional<LaunchError> error;
  std::vector<uint64_t> counts;

private:
  void work();
  void runBlock(Block &block, uint64_t turn);

  const Kernel &kernel;
  const LaunchShape &shape;
  DeviceMemory &memory;
  uint64_t blocks;
  std::vector<uint32_t> order; // empty: as they come
  std::atomic<uint64_t> next{0};
  std::atomic<uint64_t> last; // no turn from here on runs
  std::mutex mutex;
  std::optional<GlobalWrites> writes;
};

Launch::Launch(const Kernel &kernel, const LaunchShape &shape, DeviceMemory &memory)
    : counts(kernel.code.size()), kernel(kernel), shape(shape), memory(memory),
      blocks(shape.grid.count()), last(blocks) {
  if (environment("MOE_EMULATOR_GLOBAL_RACES", 0))
    writes.emplace();
  uint64_t seed = environment("MOE_EMULATOR_SHUFFLE", 0);
  if (!seed || blocks > UINT32_MAX)
    return;
  order.resize(blocks);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
}

void Launch::runBlock(Block &block, uint64_t turn) {
  try {
    block.run(order.empty() ? turn : order[turn]);
  } catch (const Fault &fault) {
    std::lock_guard<std::mutex> lock(mutex);
    if (turn < last) {
      last = turn;
      error = LaunchError{fault.kind, describe(block, fault)};
    }
  }
}

void Launch::work() {
  Block block(kernel, shape, memory);
  block.writes = writes ? &*writes : nullptr;
  for (uint64_t turn = next++; turn < last; turn = next++)
    runBlock(block, turn);
  std::lock_guard<std::mutex> lock(mutex);
  for (size_t i = 0; i < counts.size(); ++i)
    counts[i] += block.counts[i];
}

void Launch::run() {
  uint64_t cores = std::min(std::max(std::thread::hardware_concurrency(), 1u), 4u);
  uint64_t threads = std::min(environment("MOE_EMULATOR_THREADS", cores), blocks);
  std::vector<std::thread> others;
  for (uint64_t i = 1; i < threads; ++i)
    others.emplace_back([this] { work(); });
  work();
  for (std::thread &other : others)
    other.join();
}

/// What a driver checks before it launches; empty: nothing is wrong.
std::string wrongShape(const Kernel &kernel, const LaunchShape &shape) {
  auto within = [](const Dimensions &d, uint32_t x, uint32_t y, uint32_t z) {
    return d.x && d.y && d.z && d.x <= x && d.y <= y && d.z <= z;
  };
  const std::array<uint32_t, 3> &required = kernel.requiredThreads;
  const Dimensions &threads = shape.threads;
  if (!within(shape.grid, 0x7FFFFFFF, 65535, 65535))
    return "the grid is empty or too large";
  if (!within(threads, 1024, 1024, 64) || threads.count() > kernel.maximumThreads)
    return "blocks of " + std::to_string(threads.count()) + " threads, at most " +
           std::to_string(kernel.maximumThreads) + " are allowed";
  if (required[0] &&
      (threads.x != required[0] || threads.y != required[1] || threads.z != required[2]))
    return "blocks of " + std::to_string(threads.count()) + " threads, .reqntid says " +
           std::to_string(required[0] * required[1] * required[2]);
  if (uint64_t(kernel.sharedBytes) + shape.dynamicShared > Emulator::kMostShared)
    return "too much shared memory: " + std::to_string(kernel.sharedBytes) + " static and " +
           std::to_string(shape.dynamicShared) + " dynamic bytes";
  return "";
}

/// Empty: nothing is wrong.
std::string placeArguments(const Kernel &kernel, const Arguments &arguments, LaunchShape &shape) {
  if (arguments.values.size() != kernel.parameters.size())
    return std::to_string(arguments.values.size()) + " arguments, the kernel has " +
           std::to_string(kernel.parameters.size()) + " parameters";
  shape.parameters.resize(kernel.parameterBytes);
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    if (arguments.values[i].size() != kernel.parameters[i].bytes)
      return "argument " + std::to_string(i) + " has " +
             std::to_string(arguments.values[i].size()) + " bytes, the parameter has " +
             std::to_string(kernel.parameters[i].bytes);
    std::copy(arguments.values[i].begin(), arguments.values[i].end(),
              shape.parameters.begin() + kernel.parameters[i].offset);
  }
  return "";
}

} // namespace

std::string Emulator::checkLaunch(const Kernel &kernel, Dimensions grid, Dimensions threads,
                                  uint32_t dynamicShared, const Arguments &arguments) {
  LaunchShape shape{grid, threads, dynamicShared, {}};
  std::string wrong = wrongShape(kernel, shape);
  return wrong.empty() ? placeArguments(kernel, arguments, shape) : wrong;
}

std::optional<LaunchError> Emulator::launch(const Kernel &kernel, Dimensions grid,
                                            Dimensions threads, uint32_t dynamicShared,
                                            const Arguments &arguments) {
  LaunchShape shape{grid, threads, dynamicShared, {}};
  std::string wrong = wrongShape(kernel, shape);
  if (wrong.empty())
    wrong = placeArguments(kernel, arguments, shape);
  if (!wrong.empty())
    return LaunchError{FaultKind::BadLaunch, "kernel " + kernel.name + ": " + wrong};
  Launch launch(kernel, shape, memory);
  launch.run();
  counters.add(kernel, grid.count(), launch.counts);
  return launch.error;
}
