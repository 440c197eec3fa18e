//===- DeviceMemory.cpp - Global memory -----------------------------------===//

#include "DeviceMemory.h"
#include <algorithm>
#include <cstring>
#include <new>
#include <sys/mman.h>

using namespace moe::emulator;

namespace {

/// Address space that cannot be written, which costs nothing.
void *reserve(size_t bytes, int protection) {
  void *p = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED)
    throw std::bad_alloc();
  return p;
}

constexpr uint64_t kPage = 4096;

/// Makes the pages of a range writable; false: there is no memory for them.
bool unlock(void *at, size_t bytes) {
  uint64_t before = reinterpret_cast<uint64_t>(at) % kPage;
  return !mprotect(static_cast<char *>(at) - before, bytes + before, PROT_READ | PROT_WRITE);
}

/// Free space behind each allocation, so that running over its end hits nobody else.
constexpr uint64_t kGap = 16 * DeviceMemory::kGranule;

uint64_t roundUp(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

} // namespace

DeviceMemory::DeviceMemory(uint64_t limit)
    : addresses(reserve(kRange, PROT_NONE)), first(reinterpret_cast<uint64_t>(addresses)),
      backing(static_cast<unsigned char *>(reserve(kRange, PROT_NONE))),
      live(static_cast<uint16_t *>(reserve(kRange / kGranule * sizeof(uint16_t), PROT_READ))),
      limitBytes(limit) {}

DeviceMemory::~DeviceMemory() {
  munmap(addresses, kRange);
  munmap(backing, kRange);
  munmap(live, kRange / kGranule * sizeof(uint16_t));
}

uint64_t DeviceMemory::allocate(uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!bytes || bytes > limitBytes - usedBytes || bytes > kRange - next - kGap - kPage)
    return 0;
  uint64_t offset = next;
  uint64_t granules = (bytes + kGranule - 1) / kGranule;
  if (!unlock(backing + offset, bytes) ||
      !unlock(live + offset / kGranule, granules * sizeof(uint16_t)))
    return 0;
  next = roundUp(offset + bytes + kGap, kPage);
  usedBytes += bytes;
  allocations[first + offset] = bytes;
  memset(backing + offset, 0xFF, bytes);
  uint64_t granule = offset / kGranule;
  for (uint64_t left = bytes; left; ++granule) {
    live[granule] = static_cast<uint16_t>(std::min(left, kGranule));
    left -= live[granule];
  }
  return first + offset;
}

bool DeviceMemory::release(uint64_t address) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  uint64_t bytes = found->second;
  allocations.erase(found);
  usedBytes -= bytes;
  std::fill_n(live + (address - first) / kGranule, (bytes + kGranule - 1) / kGranule, 0);
  // Allocations start on pages of their own.
  madvise(host(address), roundUp(bytes, kPage), MADV_DONTNEED);
  mprotect(host(address), roundUp(bytes, kPage), PROT_NONE);
  return true;
}

bool DeviceMemory::validRange(uint64_t address, uint64_t bytes) const {
  uint64_t size = 0;
  uint64_t start = allocationOf(address, &size);
  return start && bytes <= size - (address - start);
}

uint64_t DeviceMemory::allocationOf(uint64_t address, uint64_t *bytes) const {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = allocations.upper_bound(address);
  if (found == allocations.begin())
    return 0;
  --found;
  if (address - found->first >= found->second)
    return 0;
  if (bytes)
    *bytes = found->second;
  return found->first;
}
