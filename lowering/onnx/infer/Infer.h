//===- Infer.h - The type of one node ---------------------------*- C++ -*-===//
//
// What the functions of the type tables are written with: the operands' types and known numbers
// in, the results' out. A function never touches the IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_INFER_INFER_H
#define MOE_LOWERING_ONNX_INFER_INFER_H

#include "lowering/onnx/OperatorTable.h"
#include "lowering/onnx/infer/Symbols.h"

namespace moe::onnx {

/// A tensor's type with its dynamic dimensions as symbols.
struct Tensor {
  mlir::Type elem;
  Numbers shape;

  int64_t rank() const { return shape.size(); }
  mlir::RankedTensorType type() const;
};

/// What the walk knows of a value. `values`, in row-major order, is there for small tensors of
/// integers and truth values; each number is known or not.
struct Known {
  Tensor tensor;
  std::optional<Numbers> values;
  /// Set for constants of every element type.
  mlir::ElementsAttr constant;
};

/// Tensors of more elements have no known numbers.
inline constexpr int64_t kMaxKnown = 1024;

/// Higher ranks are refused, so that a shape's length cannot be made to fill the memory.
inline constexpr int64_t kMaxRank = 64;

/// One node under inference. Errors are emitted at the node and remembered, so that a function
/// reads on with a default and needs no check after each question.
class Inference {
public:
  Inference(NodeOp node, llvm::ArrayRef<Known *> inputs, Symbols &symbols)
      : node(node), symbols(symbols), inputs(inputs), results(node->getNumResults()) {}

  //===--- Questions ------------------------------------------------------===//

  unsigned numInputs() const { return inputs.size(); }
  unsigned numResults() const { return results.size(); }
  bool has(unsigned input) const { return input < inputs.size() && inputs[input]; }
  /// Input `input`, which `arity` has found to be there.
  const Tensor &in(unsigned input) const { return inputs[input]->tensor; }
  mlir::Type elem(unsigned input) const { return in(input).elem; }
  int64_t version() { return node.getVersion(); }

  /// The elements of an input, or null where it has none known. Known element by element.
  const Numbers *values(unsigned input) const;
  /// The elements of an input where all are known.
  std::optional<llvm::SmallVector<int64_t>> knownValues(unsigned input) const;
  /// The constant that an input is, or null.
  mlir::ElementsAttr constant(unsigned input) const;

  /// Attributes of the node: `otherwise` where absent, an error where of another kind.
  int64_t integer(llvm::StringRef name, int64_t otherwise);
  double real(llvm::StringRef name, double otherwise);
  llvm::StringRef text(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<llvm::SmallVector<int64_t>> integers(llvm::StringRef name);
  mlir::ElementsAttr elements(llvm::StringRef name);
  bool hasAttribute(llvm::StringRef name) { return bool(node.attribute(name)); }
  /// An attribute that must be there.
  int64_t requiredInteger(llvm::StringRef name);

  //===--- Rules ----------------------------------------------------------===//

  /// No other attributes than `names`: Microsoft's operators gain new ones without a new version.
  bool attributesAmong(llvm::ArrayRef<llvm::StringRef> names);
  /// At least `least` inputs that are there, at most `most` in all, at most `outputs` results.
  /// Where any number may be given (~0u), none may be left out.
  bool arity(unsigned least, unsigned most, unsigned outputs = 1);
  /// Inputs that are there have one element type.
  bool sameElem(llvm::ArrayRef<unsigned> which);
  bool sameElem();
  bool floating(unsigned input);
  bool integral(unsigned input);
  bool boolean(unsigned input);
  bool numeric(unsigned input);
  bool index(unsigned input);
  bool rankIs(unsigned input, int64_t rank);
  bool rankAtLeast(unsigned input, int64_t rank);
  /// `axis` counted from the front; an error where it is out of [-rank, rank).
  int64_t axis(int64_t axis, int64_t rank);
  /// Distinct axes, counted from the front.
  std::optional<llvm::SmallVector<int64_t>> axes(llvm::ArrayRef<int64_t> axes, int64_t rank);
  /// Axes as the attribute `axes` or, from version `since` on, as input `input`. Empty where
  /// absent. An error where they are not constant.
  std::optional<llvm::SmallVector<int64_t>> axesOf(unsigned input, int64_t since, int64_t rank);
  /// How many axes input `input` gives, where it gives some that only data tell.
  std::optional<int64_t> unknownAxes(unsigned input) const;
  /// A shape of which the rank is known.
  Numbers unknownShape(int64_t rank);
  /// The length of a shape that input `input` is: the rank of result 0. Nothing where it is
  /// unknown, and then what the file declares is the result.
  std::optional<int64_t> rankFrom(unsigned input, mlir::Type elem);
  /// The dimension that number `place` of input `input` is: an unknown one where data tell.
  Number dimFrom(unsigned input, size_t place);
  /// The dimension that two must share; an error where they cannot.
  Number same(Number a, Number b, const llvm::Twine &what);
  /// The shape of `inputs` broadcast together.
  Numbers broadcast(llvm::ArrayRef<unsigned> inputs);
  Numbers broadcast(llvm::ArrayRef<Number> a, llvm::ArrayRef<Number> b);
  /// Elements of a shape.
  Number count(llvm::ArrayRef<Number> shape);

  //===--- Answers --------------------------------------------------------===//

  void result(unsigned result, mlir::Type elem, llvm::ArrayRef<Number> shape);
  /// Result `result` is typed like input `input`.
  void like(unsigned result, unsigned input) { this->result(result, elem(input), in(input).shape); }
  /// The result's elements; after `result`.
  void setValues(unsigned result, Numbers values);
  void setConstant(unsigned result, mlir::ElementsAttr constant);
  /// A result of a rank that the graph does not tell: the file may have declared it.
  void declared(unsigned result, mlir::Type elem, const llvm::Twine &why);

  void malformed(const llvm::Twine &what) { fail("malformed", what); }
  void unsupported(const llvm::Twine &what) { fail("unsupported", what); }

  bool failed() const { return hasFailed; }
  std::optional<Known> &known(unsigned result) { return results[result]; }

  NodeOp node;
  Symbols &symbols;
  /// What is known of the results of each subgraph.
  llvm::SmallVector<llvm::SmallVector<Known *>, 0> bodies;
  /// What is known of the inputs of the subgraph of a loop.
  llvm::SmallVector<Known> arguments;

private:
  void fail(llvm::StringRef kind, const llvm::Twine &what);
  bool expect(unsigned input, bool fits, llvm::StringRef expected);

  llvm::ArrayRef<Known *> inputs;
  llvm::SmallVector<std::optional<Known>, 2> results;
  bool hasFailed = false;
};

/// What a loop's body reads: the first `states` of `inputs` after `first` are carried from round to
/// round, so that each may have another shape in the next.
struct LoopBody {
  llvm::SmallVector<Known> inputs;
  unsigned first = 0, states = 0;
  /// Dimensions (of an input, by number) that change from round to round.
  llvm::DenseSet<std::pair<unsigned, unsigned>> changing;
};
/// The body of a Loop or Scan as it is entered first; nothing, with the error reported, where the
/// node does not fit its body. No other operator has a body with inputs.
std::optional<LoopBody> loopBody(Inference &n);

/// An error for each attribute that is of another kind than its name has in ONNX.
void checkAttributeKinds(Inference &n);

/// How a file names an element type: "float16", "int64", "bool".
std::string elemName(mlir::Type elem);
/// The element type of an ONNX data type number (as in Cast's `to`); null for unknown ones.
mlir::Type elemOf(int64_t dataType, mlir::MLIRContext *context);
/// The integers of a constant, or nothing where it is of another type or has too many.
std::optional<Numbers> integersOf(mlir::ElementsAttr constant);

/// Where element `flat` of `result` comes from in `shape`, which was broadcast to it. All
/// dimensions are known.
int64_t broadcastIndex(int64_t flat, llvm::ArrayRef<Number> result, llvm::ArrayRef<Number> shape);

/// Makes result 0 a constant where all inputs are small constants of floats; after `result`.
using FloatFold = llvm::APFloat (*)(llvm::ArrayRef<llvm::APFloat>);
void foldFloats(Inference &n, FloatFold of);
llvm::APFloat foldAdd(llvm::ArrayRef<llvm::APFloat> elements);
llvm::APFloat foldSub(llvm::ArrayRef<llvm::APFloat> elements);
llvm::APFloat foldMul(llvm::ArrayRef<llvm::APFloat> elements);
llvm::APFloat foldDiv(llvm::ArrayRef<llvm::APFloat> elements);
llvm::APFloat foldNeg(llvm::ArrayRef<llvm::APFloat> elements);
llvm::APFloat foldReciprocal(llvm::ArrayRef<llvm::APFloat> elements);
llvm::APFloat foldSqrt(llvm::ArrayRef<llvm::APFloat> elements);

using InferFn = void (*)(Inference &);
using InferTable = OperatorTable<InferFn>;
using InferRow = InferTable::Row;

/// The families; each file has its rows.
llvm::ArrayRef<InferRow> inferConstantRows();
llvm::ArrayRef<InferRow> inferElementwiseRows();
llvm::ArrayRef<InferRow> inferArithmeticRows();
llvm::ArrayRef<InferRow> inferShapeRows();
llvm::ArrayRef<InferRow> inferSliceRows();
llvm::ArrayRef<InferRow> inferIndexRows();
llvm::ArrayRef<InferRow> inferQuantizeRows();
llvm::ArrayRef<InferRow> inferReduceRows();
llvm::ArrayRef<InferRow> inferMatMulRows();
llvm::ArrayRef<InferRow> inferNormRows();
llvm::ArrayRef<InferRow> inferControlRows();
llvm::ArrayRef<InferRow> inferAttentionRows();
llvm::ArrayRef<InferRow> inferMoeRows();
llvm::ArrayRef<InferRow> inferRecurrentRows();
llvm::ArrayRef<InferRow> inferRefusedRows();
llvm::ArrayRef<InferRow> inferWindowRows();

} // namespace moe::onnx

#endif // MOE_LOWERING_ONNX_INFER_INFER_H
