//===- ProductKernel.h - What a kernel of a product knows -------*- C++ -*-===//
//
// A kernel is one function for a block: it finds its tile (ProductKernel.cpp), keeps a ring of
// stages filled (ProductLoads.cpp), multiplies them (ProductTensor.cpp, ProductFma.cpp), and ends
// with the epilogue (ProductEpilogue.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_PRODUCTKERNEL_H
#define MOE_LOWERING_NVPTX_PRODUCTKERNEL_H

#include "dialect/Moe.h"
#include "lowering/nvptx/ProductCode.h"
#include "lowering/nvptx/ProductTiles.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace moe {

/// How elements come from global to shared memory.
enum class LoadForm {
  Chunks,   ///< 16 bytes a copy
  Elements, ///< one element of at least four bytes a copy
  Converts, ///< through registers, to the type that is multiplied
};

/// A memref operand in the kernel: where its first element is, and its strides in elements (i64).
struct DeviceView {
  mlir::MemRefType type;
  mlir::Value pointer;
  llvm::SmallVector<mlir::Value, 3> strides;
  mlir::Type element() const { return type.getElementType(); }
};

/// What is decided before a kernel is emitted.
struct ProductDesign {
  GroupedMatmulOp op;
  ProductProblem problem;
  ProductTile tile;
  mlir::FloatType element; ///< of what lies in shared memory
  LoadForm rows = LoadForm::Converts, weights = LoadForm::Converts;
  bool chunkStores = false; ///< eight results in whole chunks
};

/// Tiles that stand side by side.
int64_t columnTiles(const ProductDesign &design);

/// What the parts of a kernel share while it is emitted.
struct ProductFrame {
  ProductFrame(ProductCode &e, const ProductDesign &design)
      : e(e), design(design), tile(design.tile) {}

  ProductCode &e;
  const ProductDesign &design;
  const ProductTile &tile;
  DeviceView rows, init;
  mlir::Value offsets, rowIndex; ///< lists, where there are any
  llvm::SmallVector<DeviceView> weights, columns;
  llvm::SmallVector<std::pair<mlir::Value, mlir::Value>> outside; ///< of the epilogue: there, here
  mlir::Value rowCount;                                           ///< of `init`
  mlir::Value thread;
  mlir::Value shared; ///< where the tile's rows start (i64 elements, -1: zeros), then the ring
  /// The tile: its group, its rows first .. end (i64), and its first column (i32).
  mlir::Value group, first, end, column;
  llvm::SmallVector<mlir::Value> rowStarts; ///< of this thread's chunks, where they are few

  GroupedMatmulOp op() const { return design.op; }
  int64_t depth() const { return design.problem.depth; }
  int64_t columnCount() const { return design.problem.columns; }
  int64_t elementBytes() const { return design.problem.elementBytes; }
  /// The ring's first byte.
  mlir::Value ring() { return e.behind(shared, tile.rows * 8); }
};

/// Makes the kernel at the builder's place.
mlir::LLVM::LLVMFuncOp emitProductKernel(mlir::OpBuilder &builder, const ProductDesign &design,
                                         llvm::StringRef name);

/// What a launch gives the kernel: for each memref of the product its address and the strides that
/// are not static, then what the epilogue uses from outside, then the number of rows.
llvm::SmallVector<mlir::Value> viewedOperands(GroupedMatmulOp op);
llvm::SmallVector<mlir::Value> outsideValues(GroupedMatmulOp op);

/// Writes where each of the tile's rows starts to shared memory.
void emitRowStarts(ProductFrame &f);
/// Keeps in registers what the ring needs of them.
void keepRowStarts(ProductFrame &f);
/// Starts to fill the stage at `stage` with the depth from `from` (i32) on.
void emitFill(ProductFrame &f, mlir::Value stage, mlir::Value from);

/// A turn of the ring, as what multiplies a stage sees it.
struct RingTurn {
  mlir::Value stage, next;              ///< its stage, and the one of the next turn
  llvm::function_ref<void()> fill;      ///< starts the copies of a stage to come
  llvm::function_ref<void()> awaitNext; ///< behind it all see `next`, and none reads `stage`
};

/// What the loop begins with: zeros as the sums of each weight, each row fragment, each column, and
/// behind them what is read ahead of the first stage.
llvm::SmallVector<mlir::Value> tensorStart(ProductFrame &f, mlir::Value stage);
llvm::SmallVector<mlir::Value> fmaStart(ProductFrame &f);
/// Adds the products of a stage to the sums; calls `fill` once, then `awaitNext`.
llvm::SmallVector<mlir::Value> tensorStage(ProductFrame &f, const RingTurn &turn,
                                           mlir::ValueRange before);
llvm::SmallVector<mlir::Value> fmaStage(ProductFrame &f, const RingTurn &turn,
                                        mlir::ValueRange before);
/// Stores the sums of the row fragments of `pass` to the slab (see ProductEpilogue.cpp).
void tensorToSlab(ProductFrame &f, mlir::ValueRange sums, int64_t pass);
void fmaToSlab(ProductFrame &f, mlir::ValueRange sums, int64_t pass);

/// The slab's place for the sum at its `row` and `column`, both i32, of a weight.
mlir::Value slabPlace(ProductFrame &f, int64_t weight, mlir::Value row, mlir::Value column);
/// Results of the tile from its sums.
void emitResults(ProductFrame &f, mlir::ValueRange sums);

/// The swizzled chunk of `row`, where a row has `chunks` of them: eight rows in a chunk each other
/// bank.
mlir::Value swizzle(ProductCode &e, mlir::Value row, mlir::Value chunk, int64_t chunks);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_PRODUCTKERNEL_H
