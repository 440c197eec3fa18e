//===- memory.h - Where the runtime's memory comes from ---------*- C++ -*-===//

#ifndef MOE_RUNTIME_MEMORY_H
#define MOE_RUNTIME_MEMORY_H

#include "status.h"

#include <new>

namespace moe::rt {

/// The caller's allocator or the C library's; never null once made.
struct Allocator {
  moe_rt_allocator hooks;

  /// Null where there is no memory.
  void *allocate(size_t bytes) const { return hooks.allocate(hooks.user, bytes, 64); }
  void release(void *block, size_t bytes) const {
    if (block)
      hooks.release(hooks.user, block, bytes);
  }
  /// A zeroed array of a plain type; null where there is no memory. `count` may be 0.
  template <typename T> T *allocateArray(size_t count) const {
    size_t bytes;
    if (__builtin_mul_overflow(count ? count : 1, sizeof(T), &bytes))
      return nullptr;
    void *block = allocate(bytes);
    return block ? static_cast<T *>(memset(block, 0, bytes)) : nullptr;
  }
  template <typename T> void releaseArray(T *block, size_t count) const {
    release(block, (count ? count : 1) * sizeof(T));
  }
};

/// Takes over the caller's hooks, or `fallback` where there are none. False where they are broken.
bool makeAllocator(const moe_rt_allocator *hooks, const Allocator &fallback, Allocator &allocator);

/// The C library's memory, huge pages for large blocks.
extern const Allocator systemAllocator;

/// A block while BlockLists keeps its place; whoever makes blocks puts more behind it.
struct Block {
  Block *previous, *next;
  uint64_t lastRun;
  unsigned sizeClass;
};

/// The blocks of a session, of whatever memory. A run takes and gives back blocks of a few sizes
/// again and again; they are kept for the next run, and given back to their source when they were
/// of no use for some runs. Not thread-safe.
class BlockLists {
public:
  /// Gives a block of `bytes`, or null; takes it back.
  using Make = Block *(*)(void *source, size_t bytes);
  using Drop = void (*)(void *source, Block *block, size_t bytes);

  BlockLists(void *source, Make make, Drop drop) : source(source), make(make), drop(drop) {}
  BlockLists(const BlockLists &) = delete;
  ~BlockLists();

  /// A block of at least `bytes`; null where there is no memory.
  Block *take(size_t bytes);
  void giveBack(Block *block);
  /// Takes back everything that the last run still holds.
  void beginRun();
  /// Gives back to the source what is idle and was taken last `runs` runs ago or earlier.
  void trim(uint64_t runs);

private:
  void link(Block *&list, Block *block);
  void unlink(Block *&list, Block *block);

  /// Four classes a power of two, from 64 bytes on.
  static constexpr unsigned kClasses = 4 * (48 - 6);
  static unsigned classOf(size_t bytes);
  static size_t sizeOf(unsigned sizeClass);

  void *source;
  Make make;
  Drop drop;
  Block *held = nullptr;
  Block *idle[kClasses] = {};
  uint64_t run = 0;
};

/// Blocks of an allocator's memory.
class BlockCache {
public:
  explicit BlockCache(const Allocator &allocator) : allocator(allocator), lists(this, make, drop) {}

  /// A block aligned to 64; null where there is no memory.
  void *take(size_t bytes);
  void giveBack(void *block);
  /// Takes back everything that the last run still holds.
  void beginRun() { lists.beginRun(); }

private:
  static Block *make(void *cache, size_t bytes);
  static void drop(void *cache, Block *block, size_t bytes);

  Allocator allocator;
  BlockLists lists;
};

} // namespace moe::rt

#endif // MOE_RUNTIME_MEMORY_H
