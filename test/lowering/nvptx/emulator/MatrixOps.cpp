//===- MatrixOps.cpp - ldmatrix and mma.sync ------------------------------===//

#include "InstructionTable.h"

using namespace moe::emulator;

void moe::emulator::addMatrixRows(InstructionTable &) {}
