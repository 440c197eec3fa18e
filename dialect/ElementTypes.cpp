//===- ElementTypes.cpp - Element types of ONNX and of MLIR ---------------===//

#include "dialect/ElementTypes.h"
#include "dialect/Onnx.h"

using namespace mlir;
using namespace moe;

template <unsigned width, IntegerType::SignednessSemantics sign = IntegerType::Signless>
static Type integer(MLIRContext *context) {
  return IntegerType::get(context, width, sign);
}
template <unsigned width> static Type unsignedInteger(MLIRContext *context) {
  return integer<width, IntegerType::Unsigned>(context);
}
template <typename Float> static Type floating(MLIRContext *context) { return Float::get(context); }
template <typename Float> static Type complex(MLIRContext *context) {
  return ComplexType::get(Float::get(context));
}
static Type string(MLIRContext *context) { return onnx::StringType::get(context); }

static const ElementType elementTypes[] = {
    // name, number in ONNX, number in an artifact, bits, type
    {"float32", 1, 1, 32, floating<Float32Type>},
    {"uint8", 2, 2, 8, unsignedInteger<8>},
    {"int8", 3, 3, 8, integer<8>},
    {"uint16", 4, 4, 16, unsignedInteger<16>},
    {"int16", 5, 5, 16, integer<16>},
    {"int32", 6, 6, 32, integer<32>},
    {"int64", 7, 7, 64, integer<64>},
    {"string", 8, 0, 0, string},
    {"bool", 9, 9, 8, integer<1>},
    {"float16", 10, 10, 16, floating<Float16Type>},
    {"float64", 11, 11, 64, floating<Float64Type>},
    {"uint32", 12, 12, 32, unsignedInteger<32>},
    {"uint64", 13, 13, 64, unsignedInteger<64>},
    {"complex64", 14, 0, 64, complex<Float32Type>},
    {"complex128", 15, 0, 128, complex<Float64Type>},
    {"bfloat16", 16, 16, 16, floating<BFloat16Type>},
    {"float8e4m3fn", 17, 17, 8, floating<Float8E4M3FNType>},
    {"float8e4m3fnuz", 18, 18, 8, floating<Float8E4M3FNUZType>},
    {"float8e5m2", 19, 19, 8, floating<Float8E5M2Type>},
    {"float8e5m2fnuz", 20, 20, 8, floating<Float8E5M2FNUZType>},
    {"uint4", 21, 21, 4, unsignedInteger<4>},
    {"int4", 22, 22, 4, integer<4>},
    {"float4e2m1", 23, 23, 4, floating<Float4E2M1FNType>},
    {"float8e8m0", 24, 24, 8, floating<Float8E8M0FNUType>},
    {"uint2", 25, 25, 2, unsignedInteger<2>},
    {"int2", 26, 26, 2, integer<2>},
};

bool ElementType::isSmall() const {
  return bits != 0 && bits <= 8 && name != "uint8" && name != "int8" && name != "bool";
}

bool ElementType::isPlain() const {
  return bits >= 8 && name != "complex64" && name != "complex128";
}

/// The row that `matches`, or null.
static const ElementType *find(llvm::function_ref<bool(const ElementType &)> matches) {
  const ElementType *row = llvm::find_if(elementTypes, matches);
  return row == std::end(elementTypes) ? nullptr : row;
}

const ElementType *moe::elementTypeByCode(int32_t onnxCode) {
  return find([&](const ElementType &row) { return row.onnxCode == onnxCode; });
}

const ElementType *moe::elementTypeByName(llvm::StringRef name) {
  return find([&](const ElementType &row) { return row.name == name; });
}

const ElementType *moe::elementTypeOf(Type type) {
  return find([&](const ElementType &row) { return row.type(type.getContext()) == type; });
}
