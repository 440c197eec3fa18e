//===- DeviceMemory.h - Global memory ---------------------------*- C++ -*-===//
//
// Device addresses lie in a range that the host reserved and may not touch; the bytes lie
// elsewhere. So the host cannot read a device pointer by accident, nor a kernel the host's memory.
// An address is given out once only: what was freed stays invalid.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_DEVICEMEMORY_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_DEVICEMEMORY_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace moe::emulator {

class DeviceMemory {
public:
  static constexpr uint64_t kGranule = 256;

  /// At most `limit` bytes are alive at once.
  explicit DeviceMemory(uint64_t limit);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  /// Filled with 0xFF, on a boundary of 256 bytes; 0 when there is none left.
  uint64_t allocate(uint64_t bytes);
  /// False: not the address of a live allocation.
  bool release(uint64_t address);

  /// Is it inside of the range of device addresses at all?
  bool owns(uint64_t address) const { return address - first < kRange; }
  /// Are all bytes alive? For an access that does not leave its granule.
  bool valid(uint64_t address, uint64_t bytes) const {
    uint64_t offset = address - first;
    return offset < kRange && offset % kGranule + bytes <= live[offset / kGranule];
  }
  /// The same for a range of any length.
  bool validRange(uint64_t address, uint64_t bytes) const;
  /// Where the bytes lie; only for valid addresses.
  unsigned char *host(uint64_t address) const { return backing + (address - first); }

  uint64_t used() const { return usedBytes; }
  uint64_t limit() const { return limitBytes; }
  /// The live allocation that holds an address: its start, or 0.
  uint64_t allocationOf(uint64_t address, uint64_t *bytes = nullptr) const;

private:
  static constexpr uint64_t kRange = uint64_t(1) << 40;

  void *addresses; // the reserved range
  uint64_t first;  // its start
  unsigned char *backing = nullptr;
  uint16_t *live = nullptr; // valid bytes of each granule
  uint64_t next = 0;
  uint64_t usedBytes = 0;
  uint64_t limitBytes;
  std::map<uint64_t, uint64_t> allocations;
  mutable std::mutex mutex;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_DEVICEMEMORY_H
