//===- GlobalWrites.cpp - Who wrote what in one launch --------------------===//

#include "GlobalWrites.h"
#include "Block.h"

using namespace moe::emulator;

void GlobalWrites::note(const Warp &warp, int lane, uint64_t address, const unsigned char *bytes,
                        uint32_t count) {
  std::lock_guard<std::mutex> lock(mutex);
  uint64_t block = warp.block->number;
  for (uint32_t i = 0; i < count; ++i) {
    auto [found, isNew] = writes.try_emplace(address + i, Write{block, bytes[i]});
    Write &write = found->second;
    if (write.block != block && write.value != bytes[i])
      warp.fault(FaultKind::LaunchFailure, lane,
                 "writes another value than block " + std::to_string(write.block) + " to " +
                     hex(address));
    write = {block, bytes[i]};
  }
}
