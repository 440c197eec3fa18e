//===- Closure.h - Values that travel through memory ------------*- C++ -*-===//

#ifndef MOE_LOWERING_CPU_CLOSURE_H
#define MOE_LOWERING_CPU_CLOSURE_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/Builders.h"

namespace moe {

/// Writes a value's parts into a block of memory, one after the other, and reads them back in the
/// same order. Of a memref only what its type does not say is a part: an address and unknown sizes.
class Closure {
public:
  Closure(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value block,
          const mlir::LLVMTypeConverter &converter)
      : builder(builder), loc(loc), block(block), converter(converter) {}

  void write(mlir::Value value);
  mlir::Value read(mlir::Type type);
  /// Bytes used so far.
  int64_t size() const { return offset; }

private:
  void put(mlir::Value part);
  mlir::Value take(mlir::Type type);
  mlir::Value place(mlir::Type type);
  mlir::Value index(int64_t number);
  void writeMemref(mlir::Value value, mlir::MemRefType type);
  mlir::Value readMemref(mlir::MemRefType type);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Value block;
  const mlir::LLVMTypeConverter &converter;
  int64_t offset = 0;
};

} // namespace moe

#endif // MOE_LOWERING_CPU_CLOSURE_H
