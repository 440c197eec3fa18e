//===- memory_test.cpp - The cache of a session's blocks ------------------===//

#include "runtime/memory.h"

#include <gtest/gtest.h>

using namespace moe::rt;

namespace {
/// Counts what is taken from the system.
struct Counter {
  int64_t blocks = 0, bytes = 0, total = 0;

  Allocator allocator() {
    moe_rt_allocator hooks = MOE_RT_INIT(moe_rt_allocator);
    hooks.allocate = [](void *user, size_t bytes, size_t alignment) -> void * {
      Counter &self = *static_cast<Counter *>(user);
      ++self.blocks;
      ++self.total;
      self.bytes += static_cast<int64_t>(bytes);
      void *block = nullptr;
      return posix_memalign(&block, alignment, bytes) ? nullptr : block;
    };
    hooks.release = [](void *user, void *block, size_t bytes) {
      Counter &self = *static_cast<Counter *>(user);
      --self.blocks;
      self.bytes -= static_cast<int64_t>(bytes);
      free(block);
    };
    hooks.user = this;
    return {hooks};
  }
};
} // namespace

TEST(BlockCache, BlocksAreAlignedLargeEnoughAndNotTooLarge) {
  Counter counter;
  {
    BlockCache cache(counter.allocator());
    for (size_t bytes : {0,   1,   63,   64,   65,   80,   81,   96,    127,   128,   129,
                         160, 161, 1000, 1024, 1025, 1279, 1281, 65535, 65536, 65537, 1000000}) {
      int64_t before = counter.bytes;
      void *block = cache.take(bytes);
      ASSERT_TRUE(block);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
      size_t taken = static_cast<size_t>(counter.bytes - before);
      EXPECT_GE(taken, bytes + 64) << bytes;
      EXPECT_LE(taken, bytes + bytes / 4 + 192) << bytes;
      memset(block, 1, bytes);
    }
  }
  EXPECT_EQ(counter.blocks, 0);
  EXPECT_EQ(counter.bytes, 0);
}

TEST(BlockCache, ReusesBlocksWithinARunAndInTheNext) {
  Counter counter;
  BlockCache cache(counter.allocator());
  void *first = cache.take(1000);
  void *second = cache.take(1000);
  EXPECT_NE(first, second);
  cache.giveBack(first);
  EXPECT_EQ(cache.take(999), first);
  cache.beginRun();
  cache.take(1000);
  cache.take(1000);
  EXPECT_EQ(counter.total, 2);
  cache.giveBack(nullptr);
}

TEST(BlockCache, GivesIdleBlocksBackToTheSystem) {
  Counter counter;
  BlockCache cache(counter.allocator());
  cache.take(100000);
  for (int run = 0; run < 40; ++run) {
    cache.beginRun();
    cache.take(100);
  }
  EXPECT_EQ(counter.blocks, 1);
}

TEST(BlockCache, RefusesWhatNoMachineHas) {
  Counter counter;
  BlockCache cache(counter.allocator());
  EXPECT_EQ(cache.take(SIZE_MAX), nullptr);
  EXPECT_EQ(cache.take((size_t(1) << 46) + 1), nullptr);
  EXPECT_EQ(counter.total, 0);
}

TEST(SystemAllocator, HugeBlocks) {
  size_t bytes = size_t(9) << 20;
  void *block = systemAllocator.allocate(bytes);
  ASSERT_TRUE(block);
  memset(block, 1, bytes);
  systemAllocator.release(block, bytes);
}
