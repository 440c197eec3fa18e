//===- pool_test.cpp - Ranges, threads, and their end ---------------------===//

#include "runtime/pool.h"

#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <vector>
#include <xmmintrin.h>

using namespace moe::rt;

namespace {
struct DestroyPool {
  void operator()(Pool *pool) const { Pool::destroy(pool); }
};
using PoolPtr = std::unique_ptr<Pool, DestroyPool>;

/// Counts how often each item was run.
struct Items {
  explicit Items(size_t count) : counts(count) {}
  std::vector<std::atomic<int>> counts;
  std::atomic<int64_t> longest{0};

  static void body(void *closure, int64_t begin, int64_t end) {
    Items &self = *static_cast<Items *>(closure);
    for (int64_t i = begin; i < end; ++i)
      ++self.counts[static_cast<size_t>(i)];
    int64_t length = end - begin, longest = self.longest;
    while (length > longest && !self.longest.compare_exchange_weak(longest, length)) {
    }
  }
  bool allOnce() const {
    for (const std::atomic<int> &count : counts)
      if (count != 1)
        return false;
    return true;
  }
};
} // namespace

TEST(Pool, RunsEachItemOnce) {
  for (uint32_t threads : {1, 2, 3, 7}) {
    PoolPtr pool(Pool::create(systemAllocator, threads));
    ASSERT_TRUE(pool);
    for (int64_t count : {0, 1, 2, 15, 16, 17, 1000})
      for (int64_t grain : {1, 3, 16, 5000}) {
        Items items(static_cast<size_t>(count));
        pool->run(count, grain, Items::body, &items);
        EXPECT_TRUE(items.allOnce()) << threads << " threads, " << count << " by " << grain;
        EXPECT_LE(items.longest, grain);
      }
  }
}

TEST(Pool, CountsThatNearlyOverflow) {
  PoolPtr pool(Pool::create(systemAllocator, 2));
  struct Seen {
    std::mutex mutex;
    std::vector<int64_t> borders;
  } seen;
  pool->run(
      INT64_MAX, INT64_MAX / 2 + 1,
      [](void *closure, int64_t begin, int64_t end) {
        Seen &seen = *static_cast<Seen *>(closure);
        std::lock_guard<std::mutex> lock(seen.mutex);
        seen.borders.insert(seen.borders.end(), {begin, end});
      },
      &seen);
  std::sort(seen.borders.begin(), seen.borders.end());
  EXPECT_EQ(seen.borders,
            (std::vector<int64_t>{0, INT64_MAX / 2 + 1, INT64_MAX / 2 + 1, INT64_MAX}));
}

// A caller alone takes all ranges, in ascending order.
TEST(Pool, AscendingOrder) {
  PoolPtr pool(Pool::create(systemAllocator, 1));
  std::vector<int64_t> begins;
  pool->run(
      100, 7,
      [](void *closure, int64_t begin, int64_t) {
        static_cast<std::vector<int64_t> *>(closure)->push_back(begin);
      },
      &begins);
  ASSERT_EQ(begins.size(), 15u);
  EXPECT_TRUE(std::is_sorted(begins.begin(), begins.end()));
}

TEST(Pool, ManyShortLoops) {
  PoolPtr pool(Pool::create(systemAllocator, 4));
  for (int loop = 0; loop < 20000; ++loop) {
    Items items(8);
    pool->run(8, 1, Items::body, &items);
    ASSERT_TRUE(items.allOnce()) << loop;
  }
}

// Workers that went to sleep come back; a caller that must wait long sleeps and is woken.
TEST(Pool, SleepsAndWakes) {
  PoolPtr pool(Pool::create(systemAllocator, 3));
  for (int loop = 0; loop < 20; ++loop) {
    std::this_thread::sleep_for(std::chrono::milliseconds(loop % 2 ? 5 : 0));
    std::atomic<int> done{0};
    pool->run(
        3, 1,
        [](void *closure, int64_t begin, int64_t) {
          std::this_thread::sleep_for(std::chrono::milliseconds(begin == 2 ? 3 : 1));
          ++*static_cast<std::atomic<int> *>(closure);
        },
        &done);
    ASSERT_EQ(done, 3);
  }
}

TEST(Pool, WorkersTakePart) {
  PoolPtr pool(Pool::create(systemAllocator, 3));
  struct Seen {
    std::mutex mutex;
    std::vector<std::thread::id> threads;
  } seen;
  pool->run(
      3, 1,
      [](void *closure, int64_t, int64_t) {
        Seen &seen = *static_cast<Seen *>(closure);
        // Long enough for each thread to come for a range of its own.
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        std::lock_guard<std::mutex> lock(seen.mutex);
        if (std::find(seen.threads.begin(), seen.threads.end(), std::this_thread::get_id()) ==
            seen.threads.end())
          seen.threads.push_back(std::this_thread::get_id());
      },
      &seen);
  EXPECT_GT(seen.threads.size(), 1u);
}

TEST(Pool, StartsAndEndsUnused) {
  for (int i = 0; i < 200; ++i)
    PoolPtr(Pool::create(systemAllocator, 3));
}

// Denormals are numbers for generated code, whatever the host set.
TEST(FloatState, IsTheSameInAllThreads) {
  constexpr unsigned flushToZero = 0x8040;
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | flushToZero);
  {
    FloatState state;
    EXPECT_EQ(_mm_getcsr() & flushToZero, 0u);
    _mm_setcsr(_mm_getcsr() | flushToZero);
    PoolPtr pool(Pool::create(systemAllocator, 2));
    std::atomic<int> clean{0};
    auto body = [](void *closure, int64_t, int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      *static_cast<std::atomic<int> *>(closure) += !(_mm_getcsr() & 0x8040);
    };
    pool->run(2, 1, body, &clean);
    EXPECT_GE(clean, 1); // the worker; this thread flushes here
  }
  EXPECT_EQ(_mm_getcsr() & flushToZero, flushToZero);
  _mm_setcsr(before);
}
