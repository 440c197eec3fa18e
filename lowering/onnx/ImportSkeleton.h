//===- ImportSkeleton.h - An ONNX file without its weights ------*- C++ -*-===//
//
// protobuf copies every `raw_data` when it parses a file; weights are nearly the whole file. The
// skeleton is the same message with the place of the bytes (`TensorProto.raw_place`) in the stead
// of the bytes, so that parsing costs memory for the graph only, and weights are referenced where
// they lie.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_IMPORTSKELETON_H
#define MOE_LOWERING_ONNX_IMPORTSKELETON_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace moe {

/// Writes the skeleton of the encoded ModelProto `file` to `skeleton`. Returns what is wrong with
/// the encoding, for a message after "malformed: ", or "".
std::string makeSkeleton(llvm::StringRef file, std::string &skeleton);

} // namespace moe

#endif // MOE_LOWERING_ONNX_IMPORTSKELETON_H
