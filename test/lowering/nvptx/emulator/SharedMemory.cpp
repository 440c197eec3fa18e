//===- SharedMemory.cpp - Shared memory that knows who touched it ---------===//

#include "SharedMemory.h"
#include "Warp.h"

using namespace moe::emulator;

SharedMemory::SharedMemory(uint32_t bytes, uint32_t granule)
    // Aligned to 16 by operator new; addresses are aligned as offsets are.
    : data(bytes), shift(granule ? __builtin_ctz(granule) : 4) {
  cells.resize((bytes >> shift) + 1);
}

void SharedMemory::reset() {
  firstEpoch = ++epoch;
  if (epoch > UINT32_MAX / 2) { // a count that wrapped would know old threads
    std::fill(cells.begin(), cells.end(), Cell());
    firstEpoch = epoch = 1;
  }
}

void SharedMemory::reportPlace(const Warp &warp, int lane, uint64_t address, uint32_t bytes) const {
  std::string what = std::to_string(bytes) + " bytes of shared memory at " + hex(address);
  if (address & (bytes - 1))
    warp.fault(FaultKind::Misaligned, lane, what + " are misaligned");
  warp.fault(FaultKind::IllegalAddress, lane,
             what + " are outside of its " + std::to_string(data.size()) +
                 " bytes, which start at " + hex(kFirst));
}

inline unsigned char *SharedMemory::place(const Warp &warp, int lane, uint64_t address,
                                          uint32_t bytes) const {
  uint64_t offset = address - kFirst;
  if ((address & (bytes - 1)) || offset >= data.size() || bytes > data.size() - offset)
    reportPlace(warp, lane, address, bytes);
  return const_cast<unsigned char *>(data.data()) + offset;
}

template <class F>
__attribute__((always_inline)) inline void SharedMemory::forCells(uint64_t address, uint32_t bytes,
                                                                  F f) {
  uint32_t first = static_cast<uint32_t>(address - kFirst) >> shift;
  uint32_t count = (bytes + (1u << shift) - 1) >> shift;
  for (uint32_t i = 0; i < count; ++i)
    f(cells[first + i]);
}

inline bool SharedMemory::afterWrite(const Cell &cell, const Warp &warp, uint16_t thread) const {
  if (cell.writer == thread)
    return true;
  if (cell.writer == kCopying)
    return false;
  if (cell.writeEpoch != epoch)
    return true;
  return cell.writer / kWarpSize == warp.index && cell.writeSync != warp.syncs;
}

inline bool SharedMemory::afterReads(const Cell &cell, const Warp &warp, uint16_t thread) const {
  if (cell.readEpoch != epoch || cell.readEpoch < firstEpoch || cell.reader == thread)
    return true;
  if (cell.reader == kManyReaders || cell.reader == kConcurrent)
    return false;
  uint32_t reader = cell.reader & kWarpReaders ? cell.reader & 0xFF : cell.reader / kWarpSize;
  return reader == warp.index && cell.readSync != warp.syncs;
}

inline void SharedMemory::noteRead(Cell &cell, const Warp &warp, uint16_t thread) const {
  if (cell.readEpoch == epoch && cell.reader != thread) {
    uint16_t group = static_cast<uint16_t>(kWarpReaders | warp.index);
    bool sameWarp = cell.reader == group ||
                    (!(cell.reader & kWarpReaders) && cell.reader / kWarpSize == warp.index);
    if (!sameWarp)
      cell.reader = kManyReaders;
    else if (cell.readSync == warp.syncs)
      cell.reader = group;
    else
      cell.reader = thread;
  } else {
    cell.reader = thread;
  }
  cell.readEpoch = epoch;
  cell.readSync = warp.syncs;
}

void SharedMemory::reportRead(const Cell &cell, const Warp &warp, int lane,
                              uint64_t address) const {
  std::string text;
  if (cell.writer == kCopying && cell.writeEpoch >= firstEpoch)
    text = "reads shared memory at " + hex(address) + " whose cp.async nobody has waited for";
  else if (cell.writeEpoch < firstEpoch)
    text = "reads shared memory at " + hex(address) + " that no thread has written";
  else
    text = "reads shared memory at " + hex(address) + " that " +
           (cell.writer == kConcurrent ? "an atomic operation"
                                       : "thread " + std::to_string(cell.writer)) +
           " wrote without a barrier between them";
  warp.fault(FaultKind::LaunchFailure, lane, text);
}

void SharedMemory::reportWrite(const Cell &cell, const Warp &warp, int lane,
                               uint64_t address) const {
  std::string text = "writes shared memory at " + hex(address) + " that ";
  uint16_t thread = static_cast<uint16_t>(warp.thread(lane));
  if (cell.writer == kCopying && cell.writeEpoch >= firstEpoch)
    text += "a cp.async nobody has waited for writes too";
  else if (cell.writeEpoch >= firstEpoch && !afterWrite(cell, warp, thread))
    text += (cell.writer == kConcurrent ? "an atomic operation"
                                        : "thread " + std::to_string(cell.writer)) +
            std::string(" wrote without a barrier between them");
  else
    text +=
        (cell.reader & kWarpReaders ? "other threads" : "thread " + std::to_string(cell.reader)) +
        std::string(" read without a barrier between them");
  warp.fault(FaultKind::LaunchFailure, lane, text);
}

inline unsigned char *SharedMemory::readAs(const Warp &warp, int lane, uint16_t reader,
                                           uint64_t address, uint32_t bytes) {
  unsigned char *at = place(warp, lane, address, bytes);
  forCells(address, bytes, [&](Cell &cell) {
    // Nobody can have written since several warps read it.
    if (cell.readEpoch == epoch && cell.reader == kManyReaders)
      return;
    if (cell.writeEpoch < firstEpoch || !afterWrite(cell, warp, reader))
      reportRead(cell, warp, lane, address);
    noteRead(cell, warp, reader);
  });
  return at;
}

unsigned char *SharedMemory::read(const Warp &warp, int lane, uint64_t address, uint32_t bytes) {
  return readAs(warp, lane, static_cast<uint16_t>(warp.thread(lane)), address, bytes);
}

unsigned char *SharedMemory::readForWarp(const Warp &warp, int lane, uint64_t address,
                                         uint32_t bytes) {
  return readAs(warp, lane, static_cast<uint16_t>(kWarpReaders | warp.index), address, bytes);
}

unsigned char *SharedMemory::write(const Warp &warp, int lane, uint64_t address, uint32_t bytes) {
  unsigned char *at = place(warp, lane, address, bytes);
  uint16_t thread = static_cast<uint16_t>(warp.thread(lane));
  forCells(address, bytes, [&](Cell &cell) {
    bool free = cell.writeEpoch < firstEpoch || afterWrite(cell, warp, thread);
    if (!free || !afterReads(cell, warp, thread))
      reportWrite(cell, warp, lane, address);
    cell.writeEpoch = epoch;
    cell.writer = thread;
    cell.writeSync = warp.syncs;
  });
  return at;
}

unsigned char *SharedMemory::concurrent(const Warp &warp, int lane, uint64_t address,
                                        uint32_t bytes, bool reads) {
  unsigned char *at = place(warp, lane, address, bytes);
  uint16_t thread = static_cast<uint16_t>(warp.thread(lane));
  forCells(address, bytes, [&](Cell &cell) {
    bool written = cell.writeEpoch >= firstEpoch;
    if (reads && !written)
      reportRead(cell, warp, lane, address);
    bool free = !written || cell.writer == kConcurrent || afterWrite(cell, warp, thread);
    if (!free || !afterReads(cell, warp, thread))
      reportWrite(cell, warp, lane, address);
    cell.writeEpoch = epoch;
    cell.writer = kConcurrent;
  });
  return at;
}

void SharedMemory::beginCopy(const Warp &warp, int lane, uint64_t address, uint32_t bytes) {
  write(warp, lane, address, bytes);
  forCells(address, bytes, [&](Cell &cell) { cell.writer = kCopying; });
}

unsigned char *SharedMemory::endCopy(const Warp &warp, int lane, uint64_t address, uint32_t bytes) {
  forCells(address, bytes, [&](Cell &cell) {
    cell.writeEpoch = epoch;
    cell.writer = static_cast<uint16_t>(warp.thread(lane));
    cell.writeSync = warp.syncs;
  });
  return place(warp, lane, address, bytes);
}
