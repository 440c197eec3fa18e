//===- OperatorTable.h - Rows by operator and version -----------*- C++ -*-===//
//
// ONNX changes an operator by a new version of it, and a file says which versions it means. Every
// table of operators (types, conversion) is looked up the same way, by this template. Rows stand in
// the file of their family; a family hands out its rows, and a table is made of all families.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_OPERATORTABLE_H
#define MOE_LOWERING_ONNX_OPERATORTABLE_H

#include "dialect/Onnx.h"
#include "llvm/ADT/DenseMap.h"

namespace moe::onnx {

/// `Fn` is what a row holds: usually a pointer to a function.
template <typename Fn> class OperatorTable {
public:
  /// One operator as it is from version `since` of its domain on, until the next row of its name.
  struct Row {
    llvm::StringRef domain;
    llvm::StringRef op;
    int64_t since;
    Fn fn;
  };

  /// Adds a family's rows. They are static: the table keeps pointers to them.
  void add(llvm::ArrayRef<Row> rows) {
    for (const Row &row : rows) {
      llvm::SmallVector<const Row *, 2> &versions = byName[{row.domain, row.op}];
      auto later = [](const Row *a, const Row *b) { return a->since < b->since; };
      versions.insert(llvm::upper_bound(versions, &row, later), &row);
    }
  }

  /// The row of the operator at version `version`; null where there is none.
  const Row *lookup(llvm::StringRef domain, llvm::StringRef op, int64_t version) const {
    // ONNX's own operators may spell their domain.
    if (domain == "ai.onnx")
      domain = "";
    auto found = byName.find({domain, op});
    if (found == byName.end())
      return nullptr;
    const Row *best = nullptr;
    for (const Row *row : found->second)
      if (row->since <= version)
        best = row;
    return best;
  }
  const Row *lookup(NodeOp node) const {
    return lookup(node.getDomain(), node.getOp(), node.getVersion());
  }

private:
  llvm::DenseMap<std::pair<llvm::StringRef, llvm::StringRef>, llvm::SmallVector<const Row *, 2>>
      byName;
};

} // namespace moe::onnx

#endif // MOE_LOWERING_ONNX_OPERATORTABLE_H
