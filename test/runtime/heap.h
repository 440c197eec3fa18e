//===- heap.h - An allocator that counts, and fails on request --*- C++ -*-===//

#ifndef MOE_TEST_RUNTIME_HEAP_H
#define MOE_TEST_RUNTIME_HEAP_H

#include "runtime/moe_rt.h"

#include <cstdint>
#include <cstdlib>

namespace moe::test {

/// Counts what it gives; runs out at a given allocation, once or from then on.
struct Heap {
  int64_t failAt = INT64_MAX;    ///< the allocation that fails
  bool again = false;            ///< and all after it
  int64_t count = 0;             ///< allocations asked for
  int64_t blocks = 0, bytes = 0; ///< held now

  moe_rt_allocator hooks() {
    moe_rt_allocator allocator = MOE_RT_INIT(moe_rt_allocator);
    allocator.allocate = [](void *user, size_t bytes, size_t alignment) -> void * {
      Heap &self = *static_cast<Heap *>(user);
      int64_t number = self.count++;
      if (number == self.failAt || (self.again && number > self.failAt))
        return nullptr;
      ++self.blocks;
      self.bytes += static_cast<int64_t>(bytes);
      void *block = nullptr;
      return posix_memalign(&block, alignment, bytes) ? nullptr : block;
    };
    allocator.release = [](void *user, void *block, size_t bytes) {
      Heap &self = *static_cast<Heap *>(user);
      --self.blocks;
      self.bytes -= static_cast<int64_t>(bytes);
      free(block);
    };
    allocator.user = this;
    return allocator;
  }
};

} // namespace moe::test

#endif // MOE_TEST_RUNTIME_HEAP_H
