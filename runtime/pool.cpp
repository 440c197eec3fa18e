//===- pool.cpp - Fork and join in a microsecond --------------------------===//
//
// A layer is a handful of short loops, so what a loop costs beyond its work counts. Workers come to
// a job by themselves while they spin; the caller waits only for those that came, never for one
// that the system has not woken yet.
//
//===----------------------------------------------------------------------===//

#include "pool.h"

#include <immintrin.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

using namespace moe::rt;

static constexpr uint64_t kOpen = uint64_t(1) << 31;
static constexpr uint64_t kInside = kOpen - 1;

/// How long a thread spins before it sleeps: longer than the serial parts of a run, shorter than
/// what another process would miss.
static constexpr int64_t kSpinNanoseconds = 100000;

static void futexWait(std::atomic<uint32_t> &word, uint32_t seen) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

static void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

static int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000 + time.tv_nsec;
}

/// Spins until `done()`; false when that took too long.
template <typename Done> static bool spin(Done done) {
  int64_t deadline = 0;
  for (unsigned i = 1;; ++i) {
    if (done())
      return true;
    _mm_pause();
    if (i % 64)
      continue;
    int64_t time = now();
    if (!deadline)
      deadline = time + kSpinNanoseconds;
    else if (time > deadline)
      return false;
  }
}

FloatState::FloatState() : saved(_mm_getcsr()) { _mm_setcsr(0x1f80); }
FloatState::~FloatState() { _mm_setcsr(saved); }

Pool *Pool::create(const Allocator &allocator, uint32_t threads) {
  void *memory = allocator.allocate(sizeof(Pool));
  if (!memory)
    return nullptr;
  Pool *pool = new (memory) Pool(allocator, threads);
  pool->handles = allocator.allocateArray<pthread_t>(threads);
  while (pool->handles && pool->started + 1 < threads) {
    if (pthread_create(&pool->handles[pool->started], nullptr, workerMain, pool))
      break;
    ++pool->started;
  }
  if (pool->handles && pool->started + 1 == threads)
    return pool;
  destroy(pool);
  return nullptr;
}

void Pool::destroy(Pool *pool) {
  if (!pool)
    return;
  pool->stopping.store(true);
  pool->generation.fetch_add(1);
  futexWake(pool->generation, INT_MAX);
  for (uint32_t i = 0; i < pool->started; ++i)
    pthread_join(pool->handles[i], nullptr);
  Allocator allocator = pool->allocator;
  if (pool->handles)
    allocator.releaseArray(pool->handles, pool->threads);
  pool->~Pool();
  allocator.release(pool, sizeof(Pool));
}

void Pool::run(int64_t count, int64_t size, RangeFn function, void *argument) {
  if (count <= 0)
    return;
  items = count;
  grain = size > 0 ? size : 1;
  body = function;
  closure = argument;
  next.store(0, std::memory_order_relaxed);
  int64_t ranges = (items - 1) / grain + 1;
  if (started == 0 || ranges == 1)
    return takeRanges();
  uint32_t job = generation.load(std::memory_order_relaxed) + 1;
  entry.store(static_cast<uint64_t>(job) << 32 | kOpen);
  generation.store(job);
  wake(ranges);
  takeRanges();
  entry.fetch_and(~kOpen);
  waitForWorkers();
}

void Pool::takeRanges() {
  for (;;) {
    int64_t begin = next.fetch_add(1, std::memory_order_relaxed);
    // Compared as a number of ranges, which cannot overflow as begin * grain could.
    if (begin > (items - 1) / grain)
      return;
    begin *= grain;
    body(closure, begin, items - begin > grain ? begin + grain : items);
  }
}

void Pool::wake(int64_t ranges) {
  uint32_t asleep = sleepers.load();
  if (!asleep)
    return;
  futexWake(generation, ranges - 1 < asleep ? static_cast<int>(ranges - 1) : INT_MAX);
}

void *Pool::workerMain(void *pool) {
  static_cast<Pool *>(pool)->work();
  return nullptr;
}

void Pool::work() {
  FloatState state;
  uint32_t seen = 0;
  for (;;) {
    waitForJob(seen);
    if (stopping.load())
      return;
    if (!enter(seen))
      continue;
    takeRanges();
    leave();
  }
}

void Pool::waitForJob(uint32_t seen) {
  auto changed = [&] { return generation.load(std::memory_order_acquire) != seen; };
  while (!spin(changed)) {
    // The caller stores the generation before it looks for sleepers, this thread counts itself
    // before the system compares the generation: one of the two sees the other.
    sleepers.fetch_add(1);
    futexWait(generation, seen);
    sleepers.fetch_sub(1);
  }
}

bool Pool::enter(uint32_t &seen) {
  // A job that is over already is seen all the same, so that the thread waits for the next.
  seen = generation.load(std::memory_order_acquire);
  uint64_t state = entry.load(std::memory_order_acquire);
  while (state & kOpen)
    if (entry.compare_exchange_weak(state, state + 1)) {
      // The job may be newer than `seen`; then it is this one that must not be entered twice.
      seen = static_cast<uint32_t>(state >> 32);
      return true;
    }
  return false;
}

void Pool::leave() {
  uint64_t before = entry.fetch_sub(1);
  if ((before & kInside) != 1 || before & kOpen || !callerSleeps.load())
    return;
  finished.fetch_add(1);
  futexWake(finished, 1);
}

void Pool::waitForWorkers() {
  auto empty = [&] { return (entry.load() & kInside) == 0; };
  if (spin(empty))
    return;
  callerSleeps.store(true);
  for (;;) {
    uint32_t seen = finished.load();
    if (empty())
      break;
    futexWait(finished, seen);
  }
  callerSleeps.store(false);
}
