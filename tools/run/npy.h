//===- npy.h - NumPy's file format ------------------------------*- C++ -*-===//

#ifndef MOE_TOOLS_RUN_NPY_H
#define MOE_TOOLS_RUN_NPY_H

#include "runtime/moe_rt.h"

#include <cstdlib>
#include <memory>
#include <string>

namespace moe::run {

struct FreeBlock {
  void operator()(void *block) const { free(block); }
};

/// A tensor that owns its data.
struct Array {
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  std::unique_ptr<void, FreeBlock> data;
};

/// Reads a .npy file of version 1 or 2 in C order. bfloat16, which NumPy lacks, comes as uint16
/// (`<u2`) or as raw bytes of two (`V2`, read as bfloat16). Otherwise returns what is wrong with
/// it.
std::string readNpy(const std::string &path, Array &array);

/// What stands in a file for a type that NumPy lacks: uint16 for bfloat16, int8 or uint8 for what
/// has a byte or less; other types themselves.
uint32_t fileType(uint32_t type);

/// The same for the text of a header: type and shape of `tensor`.
std::string parseNpyHeader(const std::string &header, moe_rt_tensor &tensor);

/// Writes a file of version 1 aside and renames it, so that `path` is never half a file. Returns
/// what went wrong, or "". The type is `fileType`'s.
std::string writeNpy(const std::string &path, const moe_rt_tensor &tensor);

} // namespace moe::run

#endif // MOE_TOOLS_RUN_NPY_H
