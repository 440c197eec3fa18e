//===- ImportOrder.h - The order of a graph's nodes -------------*- C++ -*-===//
//
// ONNX asks for nodes in an order in which each value is computed before it is read. Files that
// break this rule exist; where an order can be found, it is.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_IMPORTORDER_H
#define MOE_LOWERING_ONNX_IMPORTORDER_H

#include "lowering/onnx/Onnx.pb.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace moe {

using NodeList = google::protobuf::RepeatedPtrField<onnx_pb::NodeProto>;

struct NodeOrder {
  /// Indices of nodes, the file's order where it is right.
  llvm::SmallVector<int> order;
  /// A cycle: each node reads a value of the next one, the last one a value of the first.
  struct Edge {
    int node;
    std::string value;
  };
  llvm::SmallVector<Edge> cycle;
};

/// A name that `isGiven` without any node (an input, an initializer) is never waited for.
NodeOrder orderNodes(const NodeList &nodes, llvm::function_ref<bool(llvm::StringRef)> isGiven);

} // namespace moe

#endif // MOE_LOWERING_ONNX_IMPORTORDER_H
