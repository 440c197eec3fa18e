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

/// Runs after which an idle block goes back to its source: sizes that follow the number of tokens
/// would otherwise pile up.
static constexpr uint64_t kIdleRuns = 16;

BlockLists::~BlockLists() {
  while (held)
    giveBack(held);
  trim(0);
}

unsigned BlockLists::classOf(size_t bytes) {
  // Classes of power p are 2^p * {4, 5, 6, 7} / 4; `bytes` is rounded up to one of them.
  if (bytes <= 64)
    return 0;
  unsigned power = 63 - static_cast<unsigned>(__builtin_clzll(bytes - 1));
  size_t quarter = size_t(1) << (power - 2);
  size_t steps = (bytes - 1 - (size_t(1) << power)) / quarter + 1; // 1 .. 4
  return 4 * (power - 6) + static_cast<unsigned>(steps);
}

size_t BlockLists::sizeOf(unsigned sizeClass) {
  size_t size = ((size_t(1) << (sizeClass / 4 + 6)) / 4) * (4 + sizeClass % 4);
  return (size + 63) & ~size_t(63);
}

void BlockLists::link(Block *&list, Block *block) {
  block->previous = nullptr;
  block->next = list;
  if (list)
    list->previous = block;
  list = block;
}

void BlockLists::unlink(Block *&list, Block *block) {
  (block->previous ? block->previous->next : list) = block->next;
  if (block->next)
    block->next->previous = block->previous;
}

Block *BlockLists::take(size_t bytes) {
  if (bytes > size_t(1) << 46)
    return nullptr;
  unsigned sizeClass = classOf(bytes);
  Block *block = idle[sizeClass];
  if (block)
    unlink(idle[sizeClass], block);
  else if (!(block = make(source, sizeOf(sizeClass))))
    return nullptr;
  block->sizeClass = sizeClass;
  block->lastRun = run;
  link(held, block);
  return block;
}

void BlockLists::giveBack(Block *block) {
  unlink(held, block);
  link(idle[block->sizeClass], block);
}

void BlockLists::beginRun() {
  while (held)
    giveBack(held);
  ++run;
  trim(kIdleRuns + 1);
}

void BlockLists::trim(uint64_t runs) {
  for (Block *&list : idle)
    for (Block *block = list, *next; block; block = next) {
      next = block->next;
      if (run - block->lastRun < runs)
        continue;
      unlink(list, block);
      drop(source, block, sizeOf(block->sizeClass));
    }
}

namespace {
/// Stands before the bytes that a run sees.
struct alignas(64) Header : Block {};
} // namespace

Block *BlockCache::make(void *cache, size_t bytes) {
  void *memory = static_cast<BlockCache *>(cache)->allocator.allocate(sizeof(Header) + bytes);
  return memory ? new (memory) Header : nullptr;
}

void BlockCache::drop(void *cache, Block *block, size_t bytes) {
  static_cast<BlockCache *>(cache)->allocator.release(static_cast<Header *>(block),
                                                      sizeof(Header) + bytes);
}

void *BlockCache::take(size_t bytes) {
  Block *block = lists.take(bytes);
  return block ? static_cast<Header *>(block) + 1 : nullptr;
}

void BlockCache::giveBack(void *memory) {
  if (memory)
    lists.giveBack(static_cast<Header *>(memory) - 1);
}
