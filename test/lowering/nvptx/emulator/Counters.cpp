//===- Counters.cpp - What ran, by kernel ---------------------------------===//

#include "Counters.h"

using namespace moe::emulator;

void Counters::add(const Kernel &kernel, uint64_t blocks, const std::vector<uint64_t> &lanes) {
  KernelCounters &counters = kernels[kernel.name];
  ++counters.launches;
  counters.blocks += blocks;
  for (size_t i = 0; i < lanes.size(); ++i) {
    const Row &row = *kernel.code[i].row;
    counters.instructions[static_cast<int>(row.kind)] += lanes[i];
    bool tensor = row.kind == InstructionClass::Tensor;
    (tensor ? counters.tensorMultiplyAdds : counters.fmaMultiplyAdds) +=
        lanes[i] * row.multiplyAdds;
  }
}

void Counters::merge(const Counters &other) {
  for (const auto &[name, from] : other.kernels) {
    KernelCounters &to = kernels[name];
    to.launches += from.launches;
    to.blocks += from.blocks;
    to.fmaMultiplyAdds += from.fmaMultiplyAdds;
    to.tensorMultiplyAdds += from.tensorMultiplyAdds;
    for (int kind = 0; kind < kInstructionClasses; ++kind)
      to.instructions[kind] += from.instructions[kind];
  }
}

uint64_t Counters::launches() const {
  uint64_t sum = 0;
  for (const auto &[name, counters] : kernels)
    sum += counters.launches;
  return sum;
}

/// Kernels are PTX names: nothing in them needs an escape.
std::string Counters::json() const {
  std::string text = "{\"launches\": " + std::to_string(launches()) + ", \"kernels\": {";
  const char *separator = "";
  for (const auto &[kernel, counters] : kernels) {
    text += std::string(separator) + "\n  \"" + kernel +
            "\": {\"launches\": " + std::to_string(counters.launches) +
            ", \"blocks\": " + std::to_string(counters.blocks) +
            ", \"fma_multiply_adds\": " + std::to_string(counters.fmaMultiplyAdds) +
            ", \"tensor_multiply_adds\": " + std::to_string(counters.tensorMultiplyAdds) +
            ", \"instructions\": {";
    for (int kind = 0; kind < kInstructionClasses; ++kind)
      text += std::string(kind ? ", \"" : "\"") + name(static_cast<InstructionClass>(kind)) +
              "\": " + std::to_string(counters.instructions[kind]);
    text += "}}";
    separator = ",";
  }
  return text + "\n}}\n";
}
