//===- code.h - Generated code in memory ------------------------*- C++ -*-===//

#ifndef MOE_RUNTIME_CODE_H
#define MOE_RUNTIME_CODE_H

#include "moe_abi.h"
#include "status.h"

namespace moe::rt {

/// A loaded code section.
struct Code {
  void *library = nullptr;
  int file = -1;
  moe_entry_fn entry = nullptr;
  /// Null where the code has none.
  moe_prepare_fn prepare = nullptr;
};

/// Loads an ELF shared object from memory. `where` names the artifact and section in messages.
moe_rt_status loadCode(const uint8_t *bytes, size_t size, const char *where, Code &code,
                       moe_rt_error *error);
void unloadCode(Code &code);

} // namespace moe::rt

#endif // MOE_RUNTIME_CODE_H
