//===- Einsum.cpp - Sums of products by an equation -----------------------===//
//
// One generic: a letter is a loop; letters that the output lacks are reduced. An ellipsis stands
// for dimensions counted from the right, which broadcast.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// One operand's subscripts: a letter a dimension; the dimensions of an ellipsis are the negative
/// numbers -1 (last), -2, ...
using Labels = SmallVector<int>;

struct Equation {
  SmallVector<Labels> inputs;
  Labels output;
};

/// Labels of a term for an operand of `rank` dimensions; nothing where they do not fit. The
/// output's ellipsis has `ellipsis` dimensions.
std::optional<Labels> parseTerm(llvm::StringRef term, std::optional<size_t> rank, size_t ellipsis) {
  size_t letters = llvm::count_if(term, llvm::isAlpha);
  bool hasEllipsis = term.contains("...");
  if (letters + (hasEllipsis ? 3 : 0) != term.size())
    return std::nullopt;
  if (rank && (hasEllipsis ? *rank < letters : *rank != letters))
    return std::nullopt;
  size_t hidden = rank ? *rank - letters : ellipsis;
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (llvm::isAlpha(term[i])) {
      labels.push_back(term[i]);
      continue;
    }
    for (size_t d = hidden; d > 0; --d)
      labels.push_back(-static_cast<int>(d));
    i += 2;
  }
  return labels;
}

/// Without "->": the ellipsis, then the letters that occur once, in their order.
Labels implicitOutput(ArrayRef<Labels> inputs, size_t ellipsis) {
  std::map<int, int> count;
  for (const Labels &labels : inputs)
    for (int label : labels)
      ++count[label];
  Labels output;
  for (size_t d = ellipsis; d > 0; --d)
    output.push_back(-static_cast<int>(d));
  for (auto [label, times] : count)
    if (label > 0 && times == 1)
      output.push_back(label);
  return output;
}

std::optional<Equation> parse(Node &n, llvm::StringRef text) {
  std::string packed;
  llvm::copy_if(text, std::back_inserter(packed), [](char c) { return c != ' '; });
  auto [left, right] = llvm::StringRef(packed).split("->");
  SmallVector<llvm::StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.numInputs())
    return std::nullopt;
  Equation equation;
  size_t ellipsis = 0;
  for (auto [i, term] : llvm::enumerate(terms)) {
    std::optional<Labels> labels = parseTerm(term, n.rank(i), 0);
    if (!labels)
      return std::nullopt;
    ellipsis = std::max<size_t>(ellipsis, llvm::count_if(*labels, [](int l) { return l < 0; }));
    equation.inputs.push_back(*labels);
  }
  if (!llvm::StringRef(packed).contains("->")) {
    equation.output = implicitOutput(equation.inputs, ellipsis);
    return equation;
  }
  std::optional<Labels> output = parseTerm(right, std::nullopt, ellipsis);
  if (!output)
    return std::nullopt;
  equation.output = *output;
  return equation;
}

/// A loop for each label, the output's first; nothing where the output names an unknown label.
std::optional<Labels> loopsOf(const Equation &equation) {
  Labels loops = equation.output;
  for (const Labels &labels : equation.inputs)
    for (int label : labels)
      if (!llvm::is_contained(loops, label))
        loops.push_back(label);
  for (size_t i = 0; i < equation.output.size(); ++i) {
    int label = equation.output[i];
    bool known = llvm::any_of(
        equation.inputs, [&](const Labels &labels) { return llvm::is_contained(labels, label); });
    if (!known || llvm::is_contained(ArrayRef(equation.output).take_front(i), label))
      return std::nullopt;
  }
  return loops;
}

/// The dimension of each loop: what all that bear its label broadcast to.
FailureOr<Dims> loopDims(Node &n, const Equation &equation, const Labels &loops) {
  Dims dims;
  for (int label : loops) {
    SmallVector<Dims> bearers;
    for (auto [i, labels] : llvm::enumerate(equation.inputs)) {
      Dims mine = n.dims(n.in(i));
      for (auto [d, other] : llvm::enumerate(labels))
        if (other == label)
          bearers.push_back({mine[d]});
    }
    FailureOr<Dims> met = broadcast(n, bearers);
    if (failed(met))
      return failure();
    dims.push_back(met->front());
  }
  return dims;
}

/// The operand and its map over the loops.
std::pair<Value, AffineMap> readBy(Node &n, Value operand, const Labels &labels,
                                   const Labels &loops, const Dims &dims) {
  Dims wanted;
  SmallVector<AffineExpr> reads;
  for (int label : labels) {
    size_t loop = llvm::find(loops, label) - loops.begin();
    wanted.push_back(dims[loop]);
    reads.push_back(n.getAffineDimExpr(loop));
  }
  auto [value, map] = fit(n, operand, wanted);
  for (auto [read, fitted] : llvm::zip_equal(reads, map.getResults()))
    if (isa<AffineConstantExpr>(fitted))
      read = fitted;
  return {value, AffineMap::get(loops.size(), 0, reads, n.getContext())};
}

LogicalResult convertEinsum(Node &n) {
  llvm::StringRef text = n.op.stringAttribute("equation", "");
  std::optional<Equation> equation = parse(n, text);
  std::optional<Labels> loops = equation ? loopsOf(*equation) : std::nullopt;
  if (!loops)
    return n.malformed("equation '" + text + "' does not fit the inputs");
  FailureOr<Dims> dims = loopDims(n, *equation, *loops);
  if (failed(dims))
    return failure();
  SmallVector<Value> ins;
  SmallVector<AffineMap> maps;
  for (auto [i, labels] : llvm::enumerate(equation->inputs)) {
    auto [value, map] = readBy(n, n.in(i), labels, *loops, *dims);
    ins.push_back(value);
    maps.push_back(map);
  }
  size_t kept = equation->output.size();
  Dims outDims(ArrayRef<OpFoldResult>(*dims).take_front(kept));
  SmallVector<AffineExpr> writes;
  for (size_t i = 0; i < kept; ++i)
    writes.push_back(n.getAffineDimExpr(i));
  maps.push_back(AffineMap::get(loops->size(), 0, writes, n.getContext()));
  SmallVector<utils::IteratorType> iterators(loops->size(), utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), kept, utils::IteratorType::parallel);
  Type element = n.outElement(0), wide = computeType(element);
  bool sums = loops->size() > kept;
  Value init = sums ? filled(n, outDims, scalar(n, wide, 0)) : empty(n, outDims, element);
  Value result = generic(n, ins, init, maps, iterators, [&](ValueRange args) {
    Value product = widen(n, args[0]);
    for (Value arg : args.slice(1, ins.size() - 1))
      product = foldOnce(n, Fold::Product, product, widen(n, arg), false);
    if (sums)
      return SmallVector<Value>{foldOnce(n, Fold::Sum, args.back(), product, false)};
    return SmallVector<Value>{narrow(n, product, element)};
  })[0];
  return n.set(0, convertFloat(n, result, element));
}

const Table::Row rows[] = {{"", "Einsum", 12, convertEinsum}};
} // namespace

ArrayRef<Table::Row> convert::einsumRows() { return rows; }
