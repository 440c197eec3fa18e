//===- cuda_memory.h - Device memory, and the way to it ---------*- C++ -*-===//

#ifndef MOE_RUNTIME_CUDA_MEMORY_H
#define MOE_RUNTIME_CUDA_MEMORY_H

#include "cuda_driver.h"
#include "memory.h"

namespace moe::cuda {

/// Blocks of device memory, which one stream uses one after the other: a block that was given back
/// serves the next at once, as what is put on the stream later also runs later. The context must be
/// current. Not thread-safe.
class DeviceBlocks {
public:
  /// Null where there is no host memory. `held` counts the bytes of all blocks.
  static DeviceBlocks *create(const rt::Allocator &host, const Driver &driver, Stream stream,
                              uint64_t &held);
  /// Null is fine.
  static void destroy(DeviceBlocks *blocks);

  /// A block aligned to 256 bytes, also for 0 bytes.
  Outcome take(size_t bytes, DevicePtr &address);
  /// False where no block that is held begins there.
  bool giveBack(DevicePtr address);
  /// Takes back everything that the last run still holds. What served no run for a while goes back
  /// to the driver, once the stream is done.
  void beginRun();
  /// Gives back to the driver what is idle and was taken last `runs` runs ago or earlier.
  void trim(uint64_t runs) { lists.trim(runs); }

private:
  struct DeviceBlock;

  DeviceBlocks(const rt::Allocator &host, const Driver &driver, Stream stream, uint64_t &held)
      : host(host), driver(driver), stream(stream), held(held), lists(this, make, drop) {}
  static rt::Block *make(void *blocks, size_t bytes);
  static void drop(void *blocks, rt::Block *block, size_t bytes);
  Result allocate(DevicePtr &address, size_t bytes);

  /// Blocks that are held, by their address.
  static constexpr size_t kChains = 1024;
  static size_t chainOf(DevicePtr address) { return (address >> 8) % kChains; }

  rt::Allocator host;
  const Driver &driver;
  Stream stream;
  uint64_t &held;
  rt::BlockLists lists;
  DeviceBlock *chains[kChains] = {};
  /// Why the last call of `make` gave nothing.
  Outcome failure;
};

/// Two pinned buffers that take turns, so that a copy into the one hides behind the other's way to
/// the device. The context must be current.
class Staging {
public:
  Staging(const Driver &driver, size_t bytes) : driver(driver), bytes(bytes) {}
  /// Waits for what is on its way.
  void close();

  /// Copies `size` bytes to the device in the stream's order; `from` may change after the return.
  Outcome upload(Stream stream, DevicePtr to, const void *from, size_t size);

private:
  struct Buffer {
    void *memory;
    Event sent;
    bool onTheWay;
  };
  Outcome open(Buffer &buffer);

  const Driver &driver;
  size_t bytes;
  Buffer buffers[2] = {};
  unsigned next = 0;
};

} // namespace moe::cuda

#endif // MOE_RUNTIME_CUDA_MEMORY_H
