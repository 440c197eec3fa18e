//===- pool.h - A session's threads -----------------------------*- C++ -*-===//

#ifndef MOE_RUNTIME_POOL_H
#define MOE_RUNTIME_POOL_H

#include "memory.h"

#include <atomic>

#include <pthread.h>

namespace moe::rt {

using RangeFn = void (*)(void *closure, int64_t begin, int64_t end);

/// Threads that share ranges of a loop with the thread that calls them. Between loops they spin for
/// a while, as the next loop of a run mostly follows within microseconds, and then sleep.
class Pool {
public:
  /// Starts threads - 1 workers; null where there is no memory or the system refuses threads.
  static Pool *create(const Allocator &allocator, uint32_t threads);
  static void destroy(Pool *pool);

  /// Calls body(closure, begin, end) for ranges of `grain` items, taken in ascending order by the
  /// threads as they come free; returns when all are done. One call at a time, not nested.
  void run(int64_t items, int64_t grain, RangeFn body, void *closure);

private:
  Pool(const Allocator &allocator, uint32_t threads) : allocator(allocator), threads(threads) {}

  static void *workerMain(void *pool);
  void work();
  void takeRanges();
  bool enter(uint32_t &seen);
  void leave();
  void waitForJob(uint32_t seen);
  void waitForWorkers();
  void wake(int64_t ranges);

  Allocator allocator;
  uint32_t threads;
  uint32_t started = 0;
  pthread_t *handles = nullptr;

  // The job: written by the caller while no worker is in.
  int64_t items = 0, grain = 1;
  RangeFn body = nullptr;
  void *closure = nullptr;

  /// The next item that nobody has taken. Alone in its cache line, like the others below.
  alignas(64) std::atomic<int64_t> next{0};
  /// Which job it is (upper half), whether workers may still enter (kOpen), and how many are in.
  /// One word, so that no worker can enter a job that the caller has closed.
  alignas(64) std::atomic<uint64_t> entry{0};
  /// Counts jobs; what sleeping workers wait on.
  alignas(64) std::atomic<uint32_t> generation{0};
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};
  /// Counts jobs left by their last worker; what a caller that waits too long sleeps on.
  alignas(64) std::atomic<uint32_t> finished{0};
  std::atomic<bool> callerSleeps{false};
};

/// Rounding and denormals as generated code expects them, whatever the thread had before. Ends with
/// the object.
class FloatState {
public:
  FloatState();
  ~FloatState();

private:
  uint32_t saved;
};

} // namespace moe::rt

#endif // MOE_RUNTIME_POOL_H
