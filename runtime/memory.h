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

/// The blocks of a session. A run takes and gives back blocks of a few sizes again and again; they
/// are kept for the next run, and given back when they were of no use for some runs. Not
/// thread-safe.
class BlockCache {
public:
  explicit BlockCache(const Allocator &allocator) : allocator(allocator) {}
  ~BlockCache();

  /// A block aligned to 64; null where there is no memory.
  void *take(size_t bytes);
  void giveBack(void *block);
  /// Takes back everything that the last run still holds.
  void beginRun();

private:
  struct Block;

  Block *takeClass(unsigned sizeClass);
  void link(Block *&list, Block *block);
  void unlink(Block *&list, Block *block);

  /// Four classes a power of two, from 64 bytes on.
  static constexpr unsigned kClasses = 4 * (48 - 6);
  static unsigned classOf(size_t bytes);
  static size_t sizeOf(unsigned sizeClass);

  Allocator allocator;
  Block *held = nullptr;
  Block *idle[kClasses] = {};
  uint64_t run = 0;
};

} // namespace moe::rt

#endif // MOE_RUNTIME_MEMORY_H
