//===- memory.cpp - Allocators and the cache of a session's blocks --------===//
//
// Memory that a run gets fresh from the system costs page faults, which take longer than the
// arithmetic of a small batch. So a session keeps its blocks, sorted by size class.
//
//===----------------------------------------------------------------------===//

#include "memory.h"

#include <stdlib.h>
#include <sys/mman.h>

using namespace moe::rt;

/// From here on, blocks are whole huge pages where the system has them.
static constexpr size_t kHugePage = size_t(2) << 20;

static void *systemAllocate(void *, size_t bytes, size_t alignment) {
  bool huge = bytes >= 2 * kHugePage;
  void *block = nullptr;
  if (posix_memalign(&block, huge ? kHugePage : alignment, bytes))
    return nullptr;
  if (huge)
    madvise(block, bytes & ~(kHugePage - 1), MADV_HUGEPAGE);
  return block;
}

static void systemRelease(void *, void *block, size_t) { free(block); }

const Allocator moe::rt::systemAllocator = {
    {sizeof(moe_rt_allocator), systemAllocate, systemRelease, nullptr}};

bool moe::rt::makeAllocator(const moe_rt_allocator *hooks, const Allocator &fallback,
                            Allocator &allocator) {
  if (!hooks) {
    allocator = fallback;
    return true;
  }
  return readOptions(hooks, allocator.hooks) && allocator.hooks.allocate && allocator.hooks.release;
}

/// Stands before the bytes that a run sees.
struct alignas(64) BlockCache::Block {
  Block *previous, *next;
  uint64_t lastRun;
  unsigned sizeClass;
};

/// Runs after which an idle block goes back to the system: sizes that follow the number of tokens
/// would otherwise pile up.
static constexpr uint64_t kIdleRuns = 16;

BlockCache::~BlockCache() {
  beginRun();
  for (unsigned sizeClass = 0; sizeClass < kClasses; ++sizeClass)
    while (Block *block = idle[sizeClass]) {
      unlink(idle[sizeClass], block);
      allocator.release(block, sizeof(Block) + sizeOf(sizeClass));
    }
}

unsigned BlockCache::classOf(size_t bytes) {
  // Classes of power p are 2^p * {4, 5, 6, 7} / 4; `bytes` is rounded up to one of them.
  if (bytes <= 64)
    return 0;
  unsigned power = 63 - static_cast<unsigned>(__builtin_clzll(bytes - 1));
  size_t quarter = size_t(1) << (power - 2);
  size_t steps = (bytes - 1 - (size_t(1) << power)) / quarter + 1; // 1 .. 4
  return 4 * (power - 6) + static_cast<unsigned>(steps);
}

size_t BlockCache::sizeOf(unsigned sizeClass) {
  size_t size = ((size_t(1) << (sizeClass / 4 + 6)) / 4) * (4 + sizeClass % 4);
  return (size + 63) & ~size_t(63);
}

void BlockCache::link(Block *&list, Block *block) {
  block->previous = nullptr;
  block->next = list;
  if (list)
    list->previous = block;
  list = block;
}

void BlockCache::unlink(Block *&list, Block *block) {
  (block->previous ? block->previous->next : list) = block->next;
  if (block->next)
    block->next->previous = block->previous;
}

BlockCache::Block *BlockCache::takeClass(unsigned sizeClass) {
  if (Block *block = idle[sizeClass]) {
    unlink(idle[sizeClass], block);
    return block;
  }
  void *memory = allocator.allocate(sizeof(Block) + sizeOf(sizeClass));
  if (!memory)
    return nullptr;
  Block *block = new (memory) Block;
  block->sizeClass = sizeClass;
  return block;
}

void *BlockCache::take(size_t bytes) {
  if (bytes > size_t(1) << 46)
    return nullptr;
  Block *block = takeClass(classOf(bytes));
  if (!block)
    return nullptr;
  block->lastRun = run;
  link(held, block);
  return block + 1;
}

void BlockCache::giveBack(void *memory) {
  if (!memory)
    return;
  Block *block = static_cast<Block *>(memory) - 1;
  unlink(held, block);
  link(idle[block->sizeClass], block);
}

void BlockCache::beginRun() {
  while (held)
    giveBack(held + 1);
  ++run;
  for (Block *&list : idle)
    for (Block *block = list, *next; block; block = next) {
      next = block->next;
      if (run - block->lastRun <= kIdleRuns)
        continue;
      unsigned sizeClass = block->sizeClass;
      unlink(list, block);
      allocator.release(block, sizeof(Block) + sizeOf(sizeClass));
    }
}
