//===- KeptIds.cpp - Choices of which a graph keeps some ------------------===//

#include "lowering/onnx/raise/KeptIds.h"

using namespace mlir;

namespace moe::raise {

SmallVector<MaskFactor> idsOf(const MaskTerms &terms, int64_t experts) {
  SmallVector<MaskFactor> all;
  for (const MaskTerm &term : terms) {
    bool found = false;
    for (const MaskFactor &factor : term) {
      auto ids = oneHotAlong(factor, "e");
      onnx::NodeOp source = ids ? nodeOf(stripShape(ids->value)) : nullptr;
      auto chosen = source ? choicesAt(source) : std::nullopt;
      if (!chosen || chosen->experts != experts ||
          stripShape(chosen->ids) != stripShape(ids->value))
        continue;
      found = true;
      if (llvm::none_of(all, [&](const MaskFactor &one) { return one.value == ids->value; }))
        all.push_back(*ids);
      break;
    }
    if (!found)
      return {};
  }
  return all;
}

bool followTokens(ArrayRef<MaskFactor> ids, ArrayRef<std::string> tokens) {
  return llvm::all_of(ids, [&](const MaskFactor &one) {
    ArrayRef<std::string> dims = one.dims;
    bool hasSlots = dims.size() == tokens.size() + 1;
    return dims.drop_back(hasSlots) == tokens &&
           ShapedType::isStatic(hasSlots ? lastDim(one.value) : 1);
  });
}

/// All choices of a token, [tokens..., k].
static Value joined(NodeWriter &writer, ArrayRef<MaskFactor> ids, int64_t tokenDims) {
  SmallVector<Value> columns;
  for (const MaskFactor &choice : ids) {
    Value value = writer.cast(choice.value, IntegerType::get(choice.value.getContext(), 64));
    bool hasSlots = tensorType(value).getRank() > tokenDims;
    columns.push_back(hasSlots ? value : writer.withLast(value));
  }
  return writer.concat(columns, tokenDims);
}

/// Every expert for each token.
static Value allExperts(NodeWriter &writer, Value present) {
  int64_t experts = lastDim(present);
  Value zeros = writer.cast(present, IntegerType::get(present.getContext(), 64));
  RankedTensorType type = tensorType(zeros);
  Value nothing = writer.node("Mul", {zeros, writer.integer(0)}, type);
  Value row = writer.ints(llvm::to_vector(llvm::seq<int64_t>(0, experts)));
  return writer.node("Add", {nothing, row}, type);
}

/// Where the id in `column` is that of a column before: it would count twice.
static Value isTaken(NodeWriter &writer, Value ids, int64_t column) {
  RankedTensorType type = tensorType(ids),
                   flags = type.clone(IntegerType::get(ids.getContext(), 1));
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  auto take = [&](int64_t at) {
    return writer.node("Gather", {ids, writer.ints({at})}, type.clone(shape),
                       writer.attribute("axis", type.getRank() - 1));
  };
  Value any;
  for (int64_t before = 0; before < column; ++before) {
    Value same = writer.node("Equal", {take(column), take(before)}, flags.clone(shape));
    any = any ? writer.node("Or", {any, same}, flags.clone(shape)) : same;
  }
  Value columns = writer.ints(llvm::to_vector(llvm::seq<int64_t>(0, type.getShape().back())));
  Value here = writer.node("Equal", {columns, writer.integer(column)},
                           flags.clone({type.getShape().back()}));
  return writer.node("And", {any, here}, flags);
}

KeptIds writeKeptIds(NodeWriter &writer, ArrayRef<MaskFactor> factors, Value present) {
  RankedTensorType all = tensorType(present);
  int64_t last = all.getRank() - 1;
  KeptIds result;
  if (factors.empty()) {
    result.ids = allExperts(writer, present);
  } else {
    result.ids = joined(writer, factors, last);
    present = writer.node("GatherElements", {present, result.ids},
                          tensorType(result.ids).clone(all.getElementType()),
                          writer.attribute("axis", last));
  }
  RankedTensorType type = tensorType(result.ids);
  RankedTensorType flags = type.clone(IntegerType::get(present.getContext(), 1));
  Value keep = writer.node("Greater", {present, writer.number(0.5f)}, flags);
  for (int64_t column = 1; factors.size() > 1 && column < type.getShape().back(); ++column) {
    Value free = writer.node("Not", isTaken(writer, result.ids, column), flags);
    keep = writer.node("And", {keep, free}, flags);
  }
  result.kept = writer.node("Where", {keep, result.ids, writer.integer(-1)}, type);
  return result;
}

} // namespace moe::raise
