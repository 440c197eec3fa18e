//===- cuda_memory.cpp - Blocks of device memory, and uploads -------------===//
//
// The driver's own allocation waits for the device, so that a session keeps its blocks. Their book
// is kept in host memory.
//
//===----------------------------------------------------------------------===//

#include "cuda_memory.h"

using namespace moe;
using namespace moe::cuda;

struct DeviceBlocks::DeviceBlock : rt::Block {
  DevicePtr address;
  DeviceBlock *chain; // the next one that is held
};

DeviceBlocks *DeviceBlocks::create(const rt::Allocator &host, const Driver &driver, Stream stream,
                                   uint64_t &held) {
  void *memory = host.allocate(sizeof(DeviceBlocks));
  return memory ? new (memory) DeviceBlocks(host, driver, stream, held) : nullptr;
}

void DeviceBlocks::destroy(DeviceBlocks *blocks) {
  if (!blocks)
    return;
  rt::Allocator host = blocks->host;
  blocks->~DeviceBlocks();
  host.release(blocks, sizeof(DeviceBlocks));
}

/// Also while the thread captures a stream, where the driver otherwise refuses to allocate: it
/// cannot know that this memory is none of the capture's business.
Result DeviceBlocks::allocate(DevicePtr &address, size_t bytes) {
  int mode = kCaptureModeRelaxed;
  if (driver.cuThreadExchangeStreamCaptureMode)
    driver.cuThreadExchangeStreamCaptureMode(&mode);
  Result result = driver.cuMemAlloc(&address, bytes);
  if (driver.cuThreadExchangeStreamCaptureMode)
    driver.cuThreadExchangeStreamCaptureMode(&mode);
  return result;
}

rt::Block *DeviceBlocks::make(void *self, size_t bytes) {
  DeviceBlocks &blocks = *static_cast<DeviceBlocks *>(self);
  blocks.failure = {kNoHostMemory, ""};
  void *memory = blocks.host.allocate(sizeof(DeviceBlock));
  if (!memory)
    return nullptr;
  DeviceBlock *block = new (memory) DeviceBlock;
  blocks.failure = {blocks.allocate(block->address, bytes), "cuMemAlloc"};
  if (!blocks.failure) {
    blocks.held += bytes;
    return block;
  }
  blocks.host.release(block, sizeof(DeviceBlock));
  return nullptr;
}

void DeviceBlocks::drop(void *self, rt::Block *block, size_t bytes) {
  DeviceBlocks &blocks = *static_cast<DeviceBlocks *>(self);
  DeviceBlock *gone = static_cast<DeviceBlock *>(block);
  blocks.driver.cuStreamSynchronize(blocks.stream); // runs may still be on their way
  blocks.driver.cuMemFree(gone->address);
  blocks.host.release(gone, sizeof(DeviceBlock));
  blocks.held -= bytes;
}

Outcome DeviceBlocks::take(size_t bytes, DevicePtr &address) {
  failure = {kOutOfMemory, "cuMemAlloc"}; // where no machine has so much
  DeviceBlock *block = static_cast<DeviceBlock *>(lists.take(bytes));
  if (!block)
    return failure;
  DeviceBlock *&chain = chains[chainOf(block->address)];
  block->chain = chain;
  chain = block;
  address = block->address;
  return {};
}

bool DeviceBlocks::giveBack(DevicePtr address) {
  DeviceBlock **link = &chains[chainOf(address)];
  while (*link && (*link)->address != address)
    link = &(*link)->chain;
  if (!*link)
    return false;
  DeviceBlock *block = *link;
  *link = block->chain;
  lists.giveBack(block);
  return true;
}

void DeviceBlocks::beginRun() {
  memset(chains, 0, sizeof(chains));
  lists.beginRun();
}

void Staging::close() {
  for (Buffer &buffer : buffers) {
    if (buffer.onTheWay)
      driver.cuEventSynchronize(buffer.sent);
    if (buffer.sent)
      driver.cuEventDestroy(buffer.sent);
    if (buffer.memory)
      driver.cuMemFreeHost(buffer.memory);
    buffer = {};
  }
}

Outcome Staging::open(Buffer &buffer) {
  if (!buffer.memory)
    MOE_CUDA_TRY(driver, cuMemHostAlloc, &buffer.memory, bytes, 0);
  if (!buffer.sent)
    MOE_CUDA_TRY(driver, cuEventCreate, &buffer.sent, kEventDisableTiming);
  return {};
}

Outcome Staging::upload(Stream stream, DevicePtr to, const void *from, size_t size) {
  const uint8_t *rest = static_cast<const uint8_t *>(from);
  while (size) {
    Buffer &buffer = buffers[next ^= 1];
    if (Outcome outcome = open(buffer))
      return outcome;
    if (buffer.onTheWay)
      MOE_CUDA_TRY(driver, cuEventSynchronize, buffer.sent);
    buffer.onTheWay = false;
    size_t part = size < bytes ? size : bytes;
    memcpy(buffer.memory, rest, part);
    MOE_CUDA_TRY(driver, cuMemcpyHtoDAsync, to, buffer.memory, part, stream);
    MOE_CUDA_TRY(driver, cuEventRecord, buffer.sent, stream);
    buffer.onTheWay = true;
    to += part;
    rest += part;
    size -= part;
  }
  return {};
}
