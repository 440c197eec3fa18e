//===- Closure.cpp - Values that travel through memory --------------------===//
//
// A memref's descriptor is two addresses, an offset, sizes and strides; most of them its type
// knows. Writing whole descriptors made LLVM's passes over the entry take minutes for large models.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/Closure.h"
#include "lowering/host/Context.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"

using namespace mlir;
using namespace moe;

static Value cast(OpBuilder &builder, Location loc, Value value, Type type) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(builder, loc, type, value).getResult(0);
}

/// Where the next part of that LLVM type stands: all are numbers, addresses or vectors.
Value Closure::place(Type type) {
  int64_t bytes = 8;
  if (auto vector = dyn_cast<VectorType>(type))
    bytes = static_cast<int64_t>(llvm::PowerOf2Ceil(
        llvm::divideCeil(vector.getNumElements() * vector.getElementTypeBitWidth(), 8)));
  bytes = std::max<int64_t>(bytes, 8);
  offset = static_cast<int64_t>(llvm::alignTo(offset, bytes));
  Value address = addressAt(builder, loc, block, offset);
  offset += bytes;
  return address;
}

void Closure::write(Value value) {
  parts.takeApart(
      value, [&](Value part) { LLVM::StoreOp::create(builder, loc, part, place(part.getType())); });
}

Value Closure::read(Type type) {
  return parts.putTogether(type, [&](Type part) -> Value {
    return LLVM::LoadOp::create(builder, loc, part, place(part));
  });
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

Value Parts::index(int64_t number) {
  return LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), number);
}

void Parts::takeApart(Value value, llvm::function_ref<void(Value)> put) {
  Value converted = cast(builder, loc, value, converter.convertType(value.getType()));
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type)
    return put(converted);
  MemRefDescriptor descriptor(converted);
  auto [strides, start] = type.getStridesAndOffset();
  put(descriptor.alignedPtr(builder, loc));
  if (ShapedType::isDynamic(start))
    put(descriptor.offset(builder, loc));
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.isDynamicDim(dim))
      put(descriptor.size(builder, loc, dim));
  if (type.getLayout().isIdentity())
    return; // strides are products of sizes
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (ShapedType::isDynamic(strides[dim]))
      put(descriptor.stride(builder, loc, dim));
}

Value Parts::putTogether(Type whole, llvm::function_ref<Value(Type)> take) {
  auto type = dyn_cast<MemRefType>(whole);
  if (!type)
    return cast(builder, loc, take(converter.convertType(whole)), whole);
  auto descriptor = MemRefDescriptor::poison(builder, loc, converter.convertType(type));
  auto [strides, start] = type.getStridesAndOffset();
  Type i64 = builder.getI64Type();
  Value data = take(LLVM::LLVMPointerType::get(builder.getContext()));
  descriptor.setAllocatedPtr(builder, loc, data);
  descriptor.setAlignedPtr(builder, loc, data);
  descriptor.setOffset(builder, loc, ShapedType::isDynamic(start) ? take(i64) : index(start));
  SmallVector<Value> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    sizes.push_back(type.isDynamicDim(dim) ? take(i64) : index(type.getDimSize(dim)));
    descriptor.setSize(builder, loc, dim, sizes.back());
  }
  bool dense = type.getLayout().isIdentity();
  SmallVector<Value> steps(type.getRank());
  for (int64_t dim = 0; dim < type.getRank() && !dense; ++dim)
    steps[dim] = ShapedType::isDynamic(strides[dim]) ? take(i64) : index(strides[dim]);
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    if (dense && !ShapedType::isDynamic(strides[dim]))
      steps[dim] = index(strides[dim]);
    else if (dense)
      steps[dim] = LLVM::MulOp::create(builder, loc, steps[dim + 1], sizes[dim + 1]);
    descriptor.setStride(builder, loc, dim, steps[dim]);
  }
  return cast(builder, loc, Value(descriptor), type);
}
