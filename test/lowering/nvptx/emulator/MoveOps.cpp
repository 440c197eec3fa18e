//===- MoveOps.cpp - Copies, choices, packing, addresses ------------------===//

#include "Lanes.h"
#include "Memory.h"

using namespace moe::emulator;

namespace {

template <class T> T same(T a) { return a; }
template <class T> T select(T a, T b, bool p) { return p ? a : b; }
template <class T> T selectBySign(T a, T b, int32_t c) { return c >= 0 ? a : b; }
template <class T> T selectByFloat(T a, T b, float c) { return c >= 0 ? a : b; }

template <class Whole, class Part> Whole pack2(Part a, Part b) {
  return static_cast<Whole>(b) << 8 * sizeof(Part) | a;
}
uint64_t pack4(uint16_t a, uint16_t b, uint16_t c, uint16_t d) {
  return uint64_t(d) << 48 | uint64_t(c) << 32 | uint64_t(b) << 16 | a;
}
uint32_t pack4x8(uint16_t a, uint16_t b, uint16_t c, uint16_t d) {
  return uint32_t(d & 0xFF) << 24 | uint32_t(c & 0xFF) << 16 | uint32_t(b & 0xFF) << 8 | (a & 0xFF);
}
Wide packWide(uint64_t a, uint64_t b) { return {a, b}; }

/// mov.b64 {%r1, %r2}, %rd1; `_` is a slot that nobody reads.
template <class Whole, class Part, int N> void unpack(Warp &warp, const Instruction &instruction) {
  alignas(64) Part parts[N][kWarpSize];
  const Whole *from = warp.at<Whole>(instruction.operands[N]);
  for (int lane = 0; lane < kWarpSize; ++lane) {
    Part split[N];
    memcpy(split, from + lane, sizeof split);
    for (int i = 0; i < N; ++i)
      parts[i][lane] = split[i];
  }
  for (int i = 0; i < N; ++i)
    warp.store(instruction.operands[i], parts[i]);
}

template <class Whole, class Part, int N> Row unpackRow(const char *names) {
  Row row{names, unpack<Whole, Part, N>,
          std::vector<OperandType>(N, {OperandType::Out, sizeof(Part)})};
  row.operands.push_back({OperandType::In, sizeof(Whole)});
  return row;
}

template <uint64_t Window> uint64_t toGeneric(uint64_t a) { return a + Window; }
template <uint64_t Window> uint64_t fromGeneric(uint64_t a) { return a - Window; }
template <uint64_t Window> bool inWindow(uint64_t a) {
  return a >> kWindowShift == Window >> kWindowShift;
}

} // namespace

void moe::emulator::addMoveRows(InstructionTable &table) {
  table.add(InstructionClass::Move,
            {
                lanes<same<bool>>("mov.pred"),
                lanes<same<uint16_t>>("mov.{b16,u16,s16,f16,bf16}"),
                lanes<same<uint32_t>>("mov.{b32,u32,s32,f32}"),
                lanes<same<uint64_t>>("mov.{b64,u64,s64,f64}"),
                lanes<same<Wide>>("mov.b128"),
                lanes<pack2<uint32_t, uint16_t>>("mov.b32.pack2"),
                lanes<pack4x8>("mov.b32.pack4"),
                lanes<pack2<uint64_t, uint32_t>>("mov.b64.pack2"),
                lanes<pack4>("mov.b64.pack4"),
                lanes<packWide>("mov.b128.pack2"),
                unpackRow<uint32_t, uint16_t, 2>("mov.b32.unpack2"),
                unpackRow<uint64_t, uint32_t, 2>("mov.b64.unpack2"),
                unpackRow<uint64_t, uint16_t, 4>("mov.b64.unpack4"),
                unpackRow<Wide, uint64_t, 2>("mov.b128.unpack2"),
                unpackRow<Wide, uint32_t, 4>("mov.b128.unpack4"),
                lanes<select<uint16_t>>("selp.{b16,u16,s16,f16,bf16}"),
                lanes<select<uint32_t>>("selp.{b32,u32,s32,f32}"),
                lanes<select<uint64_t>>("selp.{b64,u64,s64,f64}"),
                lanes<select<bool>>("selp.pred"),
                lanes<selectBySign<uint16_t>>("slct.{b16,u16,s16}.s32"),
                lanes<selectBySign<uint32_t>>("slct.{b32,u32,s32,f32}.s32"),
                lanes<selectBySign<uint64_t>>("slct.{b64,u64,s64,f64}.s32"),
                lanes<selectByFloat<uint16_t>>("slct.{b16,u16,s16}.f32"),
                lanes<selectByFloat<uint32_t>>("slct.{b32,u32,s32,f32}.f32"),
                lanes<selectByFloat<uint64_t>>("slct.{b64,u64,s64,f64}.f32"),
            });
  table.add(InstructionClass::Move,
            {
                lanes<same<uint64_t>>("cvta{,.to}.{global,const,param}.u64"),
                lanes<toGeneric<kSharedWindow>>("cvta.shared{,::cta}.u64"),
                lanes<toGeneric<kLocalWindow>>("cvta.local.u64"),
                lanes<fromGeneric<kSharedWindow>>("cvta.to.shared{,::cta}.u64"),
                lanes<fromGeneric<kLocalWindow>>("cvta.to.local.u64"),
                lanes<inWindow<0>>("isspacep.global"),
                lanes<inWindow<kSharedWindow>>("isspacep.shared{,::cta,::cluster}"),
                lanes<inWindow<kLocalWindow>>("isspacep.local"),
                lanes<inWindow<kParamWindow>>("isspacep.param{,::entry}"),
            });
}
