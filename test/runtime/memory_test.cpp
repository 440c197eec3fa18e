//===- memory_test.cpp - The cache of a session's blocks ------------------===//

#include "heap.h"
#include "runtime/memory.h"

#include <gtest/gtest.h>

using namespace moe::rt;
using namespace moe::test;

TEST(BlockCache, BlocksAreAlignedLargeEnoughAndNotTooLarge) {
  Heap heap;
  {
    BlockCache cache({heap.hooks()});
    for (size_t bytes : {0,   1,   63,   64,   65,   80,   81,   96,    127,   128,   129,
                         160, 161, 1000, 1024, 1025, 1279, 1281, 65535, 65536, 65537, 1000000}) {
      int64_t before = heap.bytes;
      void *block = cache.take(bytes);
      ASSERT_TRUE(block);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u);
      size_t taken = static_cast<size_t>(heap.bytes - before);
      EXPECT_GE(taken, bytes + 64) << bytes;
      EXPECT_LE(taken, bytes + bytes / 4 + 192) << bytes;
      memset(block, 1, bytes);
    }
  }
  EXPECT_EQ(heap.blocks, 0);
  EXPECT_EQ(heap.bytes, 0);
}

TEST(BlockCache, ReusesBlocksWithinARunAndInTheNext) {
  Heap heap;
  BlockCache cache({heap.hooks()});
  void *first = cache.take(1000);
  void *second = cache.take(1000);
  EXPECT_NE(first, second);
  cache.giveBack(first);
  EXPECT_EQ(cache.take(999), first);
  cache.beginRun();
  cache.take(1000);
  cache.take(1000);
  EXPECT_EQ(heap.count, 2);
  cache.giveBack(nullptr);
}

TEST(BlockCache, GivesIdleBlocksBackToTheSystem) {
  Heap heap;
  BlockCache cache({heap.hooks()});
  cache.take(100000);
  for (int run = 0; run < 40; ++run) {
    cache.beginRun();
    cache.take(100);
  }
  EXPECT_EQ(heap.blocks, 1);
}

TEST(BlockCache, RefusesWhatNoMachineHas) {
  Heap heap;
  BlockCache cache({heap.hooks()});
  EXPECT_EQ(cache.take(SIZE_MAX), nullptr);
  EXPECT_EQ(cache.take((size_t(1) << 46) + 1), nullptr);
  EXPECT_EQ(heap.count, 0);
}

TEST(SystemAllocator, HugeBlocks) {
  size_t bytes = size_t(9) << 20;
  void *block = systemAllocator.allocate(bytes);
  ASSERT_TRUE(block);
  memset(block, 1, bytes);
  systemAllocator.release(block, bytes);
}
