//===- Memory.cpp - Where an access of a thread goes ----------------------===//

#include "Memory.h"

using namespace moe::emulator;

namespace {

[[noreturn]] void reportOutside(const Warp &warp, int lane, uint64_t address, uint32_t bytes,
                                const std::string &what) {
  warp.fault(FaultKind::IllegalAddress, lane,
             std::to_string(bytes) + " bytes at " + hex(address) + " " + what);
}

void checkAligned(const Warp &warp, int lane, uint64_t address, uint32_t bytes) {
  if (address % bytes)
    warp.fault(FaultKind::Misaligned, lane,
               std::to_string(bytes) + " bytes at " + hex(address) + " are misaligned");
}

} // namespace

unsigned char *moe::emulator::placeGlobal(const Warp &warp, int lane, uint64_t address,
                                          uint32_t bytes) {
  checkAligned(warp, lane, address, bytes);
  const DeviceMemory &memory = *warp.block->memory;
  if (!memory.valid(address, bytes))
    reportOutside(warp, lane, address, bytes,
                  memory.owns(address) ? "are outside of all live allocations of the device"
                                       : "are no device memory");
  return memory.host(address);
}

unsigned char *moe::emulator::placeShared(const Warp &warp, int lane, uint64_t address,
                                          uint32_t bytes, Access access) {
  SharedMemory &shared = warp.block->shared;
  switch (access) {
  case Access::Read:
    return shared.read(warp, lane, address, bytes);
  case Access::Write:
    return shared.write(warp, lane, address, bytes);
  case Access::StrongWrite:
    return shared.concurrent(warp, lane, address, bytes, false);
  case Access::StrongRead:
  case Access::Atomic:
    return shared.concurrent(warp, lane, address, bytes, true);
  }
  __builtin_unreachable();
}

unsigned char *moe::emulator::placeLocal(const Warp &warp, int lane, uint64_t address,
                                         uint32_t bytes) {
  checkAligned(warp, lane, address, bytes);
  uint32_t size = warp.block->kernel->localBytes;
  if (address >= size || bytes > size - address)
    reportOutside(warp, lane, address, bytes,
                  "are outside of the " + std::to_string(size) + " bytes of local memory");
  return warp.block->local(warp.thread(lane)) + address;
}

unsigned char *moe::emulator::placeParam(const Warp &warp, int lane, uint64_t address,
                                         uint32_t bytes, Access access) {
  if (address >> kWindowShift << kWindowShift == kLocalWindow)
    return placeLocal(warp, lane, address - kLocalWindow, bytes);
  checkAligned(warp, lane, address, bytes);
  const std::vector<unsigned char> &parameters = warp.block->shape->parameters;
  uint64_t offset = address - kParamWindow;
  if (offset >= parameters.size() || bytes > parameters.size() - offset)
    reportOutside(warp, lane, address, bytes, "are outside of the parameters");
  if (access != Access::Read && access != Access::StrongRead)
    reportOutside(warp, lane, address, bytes, "are a parameter, which is written");
  return const_cast<unsigned char *>(parameters.data()) + offset;
}

unsigned char *moe::emulator::placeGeneric(const Warp &warp, int lane, uint64_t address,
                                           uint32_t bytes, Access access) {
  switch (address >> kWindowShift << kWindowShift) {
  case kSharedWindow:
    return placeShared(warp, lane, address - kSharedWindow, bytes, access);
  case kLocalWindow:
    return placeLocal(warp, lane, address - kLocalWindow, bytes);
  case kParamWindow:
    return placeParam(warp, lane, address, bytes, access);
  default:
    return placeGlobal(warp, lane, address, bytes);
  }
}
