//===- Cubin.h - What an assembled kernel is made of ------------*- C++ -*-===//
//
// Without a disassembler: an instruction of Ampere and Hopper has 16 bytes, and its operation is in
// the low twelve bits of the first eight.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_CUBIN_H
#define MOE_TEST_LOWERING_NVPTX_CUBIN_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moe::test {

/// Operations that tests count.
enum Sass : uint32_t {
  kTensorMultiply = 0x23c, ///< HMMA
  kLoadMatrix = 0x83b,     ///< LDSM
  kCopyAsync = 0xfae,      ///< LDGSTS
  kStoreLocal = 0x387,     ///< STL: a spill
  kLoadLocal = 0x983,      ///< LDL
};

/// How often each operation stands in each kernel; empty where `cubin` is not one.
std::map<std::string, std::map<uint32_t, int>> countSass(const std::vector<char> &cubin);

/// What ptxas says of a kernel with -v.
struct AssemblerNote {
  int registers = -1, spilledBytes = -1;
};

/// By kernel.
std::map<std::string, AssemblerNote> readAssemblerLog(const std::string &log);

} // namespace moe::test

#endif // MOE_TEST_LOWERING_NVPTX_CUBIN_H
