//===- LinkCode.h - From object file to shared object -----------*- C++ -*-===//

#ifndef MOE_LOWERING_HOST_LINKCODE_H
#define MOE_LOWERING_HOST_LINKCODE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace moe {

/// Links one ELF object into a shared object without dependencies, and checks that it has no
/// undefined symbol. The bytes depend on the object's bytes only.
llvm::Expected<llvm::SmallVector<char, 0>> linkCode(llvm::StringRef object);

} // namespace moe

#endif // MOE_LOWERING_HOST_LINKCODE_H
