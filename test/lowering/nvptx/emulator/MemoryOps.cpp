//===- MemoryOps.cpp - ld and st ------------------------------------------===//

#include "InstructionTable.h"
#include "Memory.h"

using namespace moe::emulator;

namespace {

/// The addresses of all lanes: a register and an offset.
struct Addresses {
  uint64_t at[kWarpSize];
  Addresses(const Warp &warp, uint32_t slot, uint32_t offset) {
    const uint64_t *base = warp.at<uint64_t>(slot);
    uint64_t add = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(offset)));
    for (int lane = 0; lane < kWarpSize; ++lane)
      at[lane] = base[lane] + add;
  }
};

/// When all 32 lanes access device memory that lies in a row and in one piece: where it starts.
unsigned char *consecutive(const Warp &warp, const Addresses &addresses, uint32_t bytes) {
  if (warp.lanes != ~0u || addresses.at[0] % bytes)
    return nullptr;
  uint64_t differs = 0;
  for (int lane = 0; lane < kWarpSize; ++lane)
    differs |= addresses.at[lane] ^ (addresses.at[0] + uint64_t(lane) * bytes);
  if (differs)
    return nullptr;
  const DeviceMemory &memory = *warp.block->memory;
  uint64_t first = addresses.at[0], end = first + kWarpSize * bytes;
  for (uint64_t at = first; at < end;) {
    uint64_t stop = std::min(end, (at | (DeviceMemory::kGranule - 1)) + 1);
    if (!memory.valid(at, stop - at))
      return nullptr;
    at = stop;
  }
  return memory.host(first);
}

/// When several lanes read one place that is not their own local memory: where it lies.
template <Space S>
unsigned char *common(const Warp &warp, const Addresses &addresses, uint32_t bytes, Access access) {
  if (S == Space::Local || access != Access::Read || !(warp.lanes & (warp.lanes - 1)))
    return nullptr;
  int first = __builtin_ctz(warp.lanes);
  uint64_t address = addresses.at[first], differs = 0;
  for (int lane = 0; lane < kWarpSize; ++lane)
    differs |= (warp.lanes >> lane & 1 ? ~uint64_t(0) : 0) & (addresses.at[lane] ^ address);
  if (differs)
    return nullptr;
  if (S == Space::Shared)
    return warp.block->shared.readForWarp(warp, first, address, bytes);
  uint64_t window = address >> kWindowShift << kWindowShift;
  if (window == kSharedWindow || window == kLocalWindow)
    return nullptr;
  return place<S>(warp, first, address, bytes, access);
}

/// Calls f(lane, place) for each lane that runs.
template <Space S, class F>
void forPlaces(const Warp &warp, const Addresses &addresses, uint32_t bytes, Access access, F f) {
  if (S == Space::Global || S == Space::Const || S == Space::Generic)
    if (unsigned char *first = consecutive(warp, addresses, bytes)) {
      for (int lane = 0; lane < kWarpSize; ++lane)
        f(lane, first + lane * bytes);
      return;
    }
  if (unsigned char *one = common<S>(warp, addresses, bytes, access)) {
    forLanes(warp.lanes, [&](int lane) { f(lane, one); });
    return;
  }
  forLanes(warp.lanes,
           [&](int lane) { f(lane, place<S>(warp, lane, addresses.at[lane], bytes, access)); });
}

/// Operands: N registers, an address. M is in memory, D in the register.
template <Space S, class M, class D, int N> void load(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  Addresses addresses(warp, slots[N], slots[N + 1]);
  alignas(64) D values[N][kWarpSize] = {};
  Access access = instruction.variant ? Access::StrongRead : Access::Read;
  forPlaces<S>(warp, addresses, sizeof(M) * N, access, [&](int lane, const unsigned char *from) {
    M elements[N];
    memcpy(elements, from, sizeof elements);
    for (int i = 0; i < N; ++i)
      if constexpr (sizeof(M) == sizeof(D))
        memcpy(&values[i][lane], &elements[i], sizeof(D));
      else
        // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number, no character.
        values[i][lane] = static_cast<D>(elements[i]);
  });
  for (int i = 0; i < N; ++i)
    warp.store(slots[i], values[i]);
}

/// Operands: an address, N registers.
template <Space S, class M, class D, int N> void store(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  Addresses addresses(warp, slots[0], slots[1]);
  const D *values[N];
  for (int i = 0; i < N; ++i)
    values[i] = warp.at<D>(slots[2 + i]);
  Access access = instruction.variant ? Access::StrongWrite : Access::Write;
  forPlaces<S>(warp, addresses, sizeof(M) * N, access, [&](int lane, unsigned char *to) {
    M elements[N];
    for (int i = 0; i < N; ++i)
      memcpy(&elements[i], &values[i][lane], sizeof(M)); // little endian: the low bytes
    if (GlobalWrites *writes = warp.block->writes)
      if ((S == Space::Global || S == Space::Generic) && !(addresses.at[lane] >> kWindowShift))
        writes->note(warp, lane, addresses.at[lane],
                     reinterpret_cast<const unsigned char *>(elements), sizeof elements);
    memcpy(to, elements, sizeof elements);
  });
}

class MemoryRows {
public:
  template <Space S> void addSpace(const char *space);
  std::vector<Row> rows;

private:
  template <Space S, class M, class D, int N>
  void addVector(const std::string &space, const char *vector, const std::string &types);
  template <Space S, class M, class D> void addType(const std::string &space, const char *types) {
    addVector<S, M, D, 1>(space, "", types);
    if constexpr (sizeof(M) <= 8) {
      addVector<S, M, D, 2>(space, ".v2", types);
      addVector<S, M, D, 4>(space, ".v4", types);
    }
    if constexpr (sizeof(M) <= 4)
      addVector<S, M, D, 8>(space, ".v8", types);
  }
};

} // namespace

template <Space S, class M, class D, int N>
void MemoryRows::addVector(const std::string &space, const char *vector, const std::string &types) {
  std::vector<OperandType> out(N, {OperandType::Out, sizeof(D)}),
      in(N, {OperandType::In, sizeof(D)});
  OperandType address{OperandType::Address, 8};
  out.push_back(address);
  in.insert(in.begin(), address);
  uint32_t bytes = S == Space::Shared || S == Space::Generic ? sizeof(M) * N : 0;
  for (uint32_t strong : {0, 1}) {
    std::string tail = spell({strong ? ".strong" : "", space, vector, ".", types});
    rows.push_back({"ld" + tail, load<S, M, D, N>, out, strong, 0, std::is_signed_v<M>, bytes});
    rows.push_back({"st" + tail, store<S, M, D, N>, in, strong, 0, false, bytes});
  }
}

template <Space S> void MemoryRows::addSpace(const char *space) {
  addType<S, uint8_t, uint16_t>(space, "{b,u}8");
  addType<S, int8_t, int16_t>(space, "s8");
  addType<S, uint16_t, uint16_t>(space, "{b,u,f,bf}16");
  addType<S, int16_t, int16_t>(space, "s16");
  addType<S, uint32_t, uint32_t>(space, "{b,u,f}32");
  addType<S, int32_t, int32_t>(space, "s32");
  addType<S, uint64_t, uint64_t>(space, "{b,u,s,f}64");
  addType<S, Wide, Wide>(space, "b128");
}

void moe::emulator::addMemoryRows(InstructionTable &table) {
  MemoryRows memory;
  memory.addSpace<Space::Generic>("");
  memory.addSpace<Space::Global>(".global");
  memory.addSpace<Space::Const>(".const");
  memory.addSpace<Space::Shared>(".shared{,::cta}");
  memory.addSpace<Space::Local>(".local");
  memory.addSpace<Space::Param>(".param{,::entry}");
  table.add(InstructionClass::Memory, std::move(memory.rows));
}
