//===- Closure.h - Values that travel through memory ------------*- C++ -*-===//

#ifndef MOE_LOWERING_HOST_CLOSURE_H
#define MOE_LOWERING_HOST_CLOSURE_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/Builders.h"

namespace moe {

/// What a value is to machine code. Of a memref only what its type does not say is a part: an
/// address and unknown sizes, offsets and strides.
class Parts {
public:
  Parts(mlir::OpBuilder &builder, mlir::Location loc, const mlir::LLVMTypeConverter &converter)
      : builder(builder), loc(loc), converter(converter) {}

  /// Hands each part of `value` to `put`.
  void takeApart(mlir::Value value, llvm::function_ref<void(mlir::Value)> put);
  /// A value of `type` from parts of the types that `take` is asked for, in the same order.
  mlir::Value putTogether(mlir::Type type, llvm::function_ref<mlir::Value(mlir::Type)> take);

private:
  mlir::Value index(int64_t number);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  const mlir::LLVMTypeConverter &converter;
};

/// Writes values' parts into a block of memory, one after the other, and reads them back in the
/// same order.
class Closure {
public:
  Closure(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value block,
          const mlir::LLVMTypeConverter &converter)
      : builder(builder), loc(loc), block(block), parts(builder, loc, converter) {}

  void write(mlir::Value value);
  mlir::Value read(mlir::Type type);
  /// Bytes used so far.
  int64_t size() const { return offset; }

private:
  mlir::Value place(mlir::Type type);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Value block;
  Parts parts;
  int64_t offset = 0;
};

} // namespace moe

#endif // MOE_LOWERING_HOST_CLOSURE_H
