//===- MatrixOps.cpp - ldmatrix, stmatrix, movmatrix ----------------------===//
//
// 8 x 8 matrices of 16-bit elements: lane l holds elements 2 (l % 4) and the next of row l / 4.
// Lanes 8 m to 8 m + 7 give the addresses of the rows of matrix m.
//
//===----------------------------------------------------------------------===//

#include "InstructionTable.h"
#include "Memory.h"

using namespace moe::emulator;

namespace {

constexpr int kRows = 8;
constexpr uint32_t kRowBytes = 16;

struct Matrix {
  uint16_t at[kRows][kRows];

  uint32_t lane(int lane, bool transposed) const {
    int row = lane / 4, column = lane % 4 * 2;
    uint16_t low = transposed ? at[column][row] : at[row][column];
    uint16_t high = transposed ? at[column + 1][row] : at[row][column + 1];
    return uint32_t(high) << 16 | low;
  }
  void setLane(int lane, bool transposed, uint32_t value) {
    int row = lane / 4, column = lane % 4 * 2;
    (transposed ? at[column][row] : at[row][column]) = static_cast<uint16_t>(value);
    (transposed ? at[column + 1][row] : at[row][column + 1]) = static_cast<uint16_t>(value >> 16);
  }
};

/// All 32 lanes, or the launch ends.
bool wholeWarp(Warp &warp) {
  if (warp.everyone != ~0u)
    warp.fault(FaultKind::LaunchFailure, 0, "a matrix operation needs 32 threads");
  return warp.gatherAll();
}

/// The place of a row in shared memory; a generic address may name it too.
unsigned char *row(Warp &warp, int lane, uint64_t address, bool write) {
  if (address >> kWindowShift)
    address -= kSharedWindow;
  SharedMemory &shared = warp.block->shared;
  return write ? shared.write(warp, lane, address, kRowBytes)
               : shared.readForWarp(warp, lane, address, kRowBytes);
}

/// Operands: N registers, an address. The variant: transposed?
template <int N> void loadMatrix(Warp &warp, const Instruction &instruction) {
  if (!wholeWarp(warp))
    return;
  const uint32_t *slots = instruction.operands;
  const uint64_t *base = warp.at<uint64_t>(slots[N]);
  int32_t offset = static_cast<int32_t>(slots[N + 1]);
  Matrix matrices[N];
  for (int lane = 0; lane < kRows * N; ++lane)
    memcpy(matrices[lane / kRows].at[lane % kRows], row(warp, lane, base[lane] + offset, false),
           kRowBytes);
  for (int i = 0; i < N; ++i) {
    uint32_t values[kWarpSize];
    for (int lane = 0; lane < kWarpSize; ++lane)
      values[lane] = matrices[i].lane(lane, instruction.variant);
    warp.store(slots[i], values);
  }
}

/// Operands: an address, N registers.
template <int N> void storeMatrix(Warp &warp, const Instruction &instruction) {
  if (!wholeWarp(warp))
    return;
  const uint32_t *slots = instruction.operands;
  const uint64_t *base = warp.at<uint64_t>(slots[0]);
  int32_t offset = static_cast<int32_t>(slots[1]);
  for (int i = 0; i < N; ++i) {
    Matrix matrix;
    for (int lane = 0; lane < kWarpSize; ++lane)
      matrix.setLane(lane, instruction.variant, warp.at<uint32_t>(slots[2 + i])[lane]);
    for (int lane = i * kRows; lane < (i + 1) * kRows; ++lane)
      memcpy(row(warp, lane, base[lane] + offset, true), matrix.at[lane % kRows], kRowBytes);
  }
}

void transpose(Warp &warp, const Instruction &instruction) {
  if (!wholeWarp(warp))
    return;
  Matrix matrix;
  uint32_t values[kWarpSize];
  for (int lane = 0; lane < kWarpSize; ++lane)
    matrix.setLane(lane, false, warp.at<uint32_t>(instruction.operands[1])[lane]);
  for (int lane = 0; lane < kWarpSize; ++lane)
    values[lane] = matrix.lane(lane, true);
  warp.store(instruction.operands[0], values);
}

template <int N> void addRows(std::vector<Row> &rows) {
  std::vector<OperandType> out(N, {OperandType::Out, 4}), in(N, {OperandType::In, 4});
  OperandType address{OperandType::Address, 8};
  out.push_back(address);
  in.insert(in.begin(), address);
  std::string count = ".x" + std::to_string(N), tail = "{,.shared,.shared::cta}.b16";
  for (uint32_t transposed : {0, 1}) {
    std::string middle = spell({count, transposed ? ".trans" : "", tail});
    rows.push_back({"ldmatrix.sync.aligned.m8n8" + middle, loadMatrix<N>, out, transposed, 0, false,
                    kRowBytes});
    rows.push_back({"stmatrix.sync.aligned{,.m8n8}" + middle, storeMatrix<N>, in, transposed, 0,
                    false, kRowBytes});
  }
}

} // namespace

void moe::emulator::addMatrixRows(InstructionTable &table) {
  std::vector<Row> rows;
  addRows<1>(rows);
  addRows<2>(rows);
  addRows<4>(rows);
  table.add(InstructionClass::Memory, std::move(rows));
  table.add(InstructionClass::WarpWide, {{"movmatrix.sync.aligned.m8n8.trans.b16",
                                          transpose,
                                          {{OperandType::Out, 4}, {OperandType::In, 4}}}});
}
