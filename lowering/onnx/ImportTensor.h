//===- ImportTensor.h - The numbers of an ONNX tensor -----------*- C++ -*-===//
//
// Decides where a tensor's numbers live: small ones become constants in the IR, large ones stay in
// the file and are referenced there. What the file says of its sizes is checked before it is used.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_IMPORTTENSOR_H
#define MOE_LOWERING_ONNX_IMPORTTENSOR_H

#include "dialect/ElementTypes.h"
#include "dialect/Moe.h"
#include "dialect/Onnx.h"
#include "lowering/onnx/ExternalData.h"
#include "lowering/onnx/ImportErrors.h"
#include "lowering/onnx/Onnx.pb.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <optional>

namespace moe {

/// A tensor: either a constant of the IR or a view of stored numbers.
struct Numbers {
  mlir::RankedTensorType type;
  mlir::ElementsAttr constant;
  PieceAttr piece;
};

/// Whether a tensor is small enough for an `onnx.constant`: what shapes, axes and scalars need.
bool fitsInIR(mlir::RankedTensorType type);

class TensorReader {
public:
  /// `file` is the model as it lies on disk, with its path as identifier.
  TensorReader(mlir::MLIRContext *context, llvm::MemoryBufferRef file, ImportErrors &errors)
      : context(context), file(file), external(file.getBufferIdentifier()), errors(errors) {}

  /// The numbers of `tensor`, or nothing after an error at `site`. With `always`, they come into
  /// the IR however large they are.
  std::optional<Numbers> read(const onnx_pb::TensorProto &tensor, const Site &site,
                              bool always = false);
  /// Numbers that the file spells one by one. A large blob is called `name`.
  Numbers fromBytes(mlir::RankedTensorType type, llvm::ArrayRef<char> bytes, llvm::StringRef name);

private:
  /// Bytes of a file: of the model, or of `location`.
  struct Place {
    std::string path;
    uint64_t offset = 0, length = 0;
    std::optional<llvm::StringRef> location;
  };

  const ElementType *elementType(const onnx_pb::TensorProto &tensor, const Site &site);
  std::optional<Numbers> readStrings(const onnx_pb::TensorProto &tensor,
                                     mlir::RankedTensorType type, const Site &site);
  std::optional<Numbers> readSpelled(const onnx_pb::TensorProto &tensor, const ElementType &element,
                                     mlir::RankedTensorType type, const Site &site);
  std::optional<Place> findPlace(const onnx_pb::TensorProto &tensor, const Site &site);
  std::optional<Place> findExternal(const onnx_pb::TensorProto &tensor, const Site &site);
  std::optional<Numbers> readPlace(const Place &place, mlir::RankedTensorType type, uint64_t bytes,
                                   llvm::StringRef name, const Site &site, bool always);

  mlir::MLIRContext *context;
  llvm::MemoryBufferRef file;
  ExternalData external;
  ImportErrors &errors;
  /// Large spelled tensors, made once however often a function that holds them is inlined.
  llvm::DenseMap<const onnx_pb::TensorProto *, Numbers> blobs;
};

/// The static shape that `dims` say, if they are not negative and their product fits in 63 bits.
bool readShape(const google::protobuf::RepeatedField<int64_t> &dims, const Site &site,
               ImportErrors &errors, llvm::SmallVectorImpl<int64_t> &shape);

} // namespace moe

#endif // MOE_LOWERING_ONNX_IMPORTTENSOR_H
