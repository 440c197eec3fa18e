//===- Masks.cpp - Products of masks, by their factors --------------------===//

#include "lowering/onnx/raise/Masks.h"
#include "lowering/onnx/raise/Letters.h"
#include "lowering/onnx/raise/Routed.h"

using namespace mlir;

namespace moe::raise {

/// Masks are built of some twenty nodes; bounds keep the work linear.
constexpr int kDeepest = 48;
constexpr size_t kMostTerms = 16, kMostFactors = 24;

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

std::optional<Contraction> contractionOf(onnx::NodeOp node) {
  Contraction result;
  if (!isPlainProduct(node))
    return std::nullopt;
  if (!node.is("Einsum")) {
    auto letters = lettersOf(node);
    if (!letters)
      return std::nullopt;
    result.operands = {letters->a, letters->b};
    result.out = letters->out;
    return result;
  }
  auto [inputs, out] = node.stringAttribute("equation", "").split("->");
  SmallVector<StringRef> parts;
  inputs.split(parts, ',');
  parts.push_back(out);
  for (StringRef part : parts) {
    SmallVector<int> letters;
    for (char letter : part) {
      if (letter == ' ')
        continue;
      if (!llvm::isAlpha(letter) || llvm::is_contained(letters, letter))
        return std::nullopt;
      letters.push_back(letter);
    }
    result.operands.push_back(letters);
  }
  result.out = result.operands.pop_back_val();
  if (result.operands.size() != node.getInputs().size())
    return std::nullopt;
  for (auto [index, letters] : llvm::enumerate(result.operands)) {
    RankedTensorType type = tensorType(node.input(index));
    if (!type || type.getRank() != static_cast<int64_t>(letters.size()))
      return std::nullopt;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Taking apart
//===----------------------------------------------------------------------===//

MaskDims broadcastOperand(Value operand, const MaskDims &dims) {
  RankedTensorType type = tensorType(operand);
  MaskDims own;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    size_t place = dims.size() - type.getRank() + i;
    own.push_back(type.getDimSize(i) == 1 ? "" : dims[place]);
  }
  return own;
}

namespace {

class Expander {
public:
  explicit Expander(MaskSizes sizes) : sizes(sizes) {}
  std::optional<MaskTerms> expand(Value value, const MaskDims &dims, int depth);
  std::optional<MaskDims> relaid(onnx::NodeOp node, const MaskDims &dims);

private:
  std::optional<MaskTerms> multiplied(onnx::NodeOp node, ArrayRef<unsigned> inputs,
                                      const MaskDims &dims, int depth);
  std::optional<MaskTerms> contracted(onnx::NodeOp node, const MaskDims &dims, int depth);
  std::optional<MaskDims> before(onnx::NodeOp node, const MaskDims &dims);
  std::optional<MaskDims> beforeReshape(onnx::NodeOp node, const MaskDims &dims);
  std::optional<MaskDims> reduced(onnx::NodeOp node, const MaskDims &dims);
  std::string fresh() { return "k" + std::to_string(next++); }

  MaskSizes sizes;
  unsigned next = 0;
};

std::optional<MaskTerms> Expander::multiplied(onnx::NodeOp node, ArrayRef<unsigned> inputs,
                                              const MaskDims &dims, int depth) {
  MaskTerms product(1);
  for (unsigned i : inputs) {
    Value input = node.input(i);
    if (!input || !tensorType(input) || tensorType(input).getRank() > int64_t(dims.size()))
      return std::nullopt;
    auto terms = expand(input, broadcastOperand(input, dims), depth + 1);
    auto next = terms ? productOf(product, *terms) : std::nullopt;
    if (!next)
      return std::nullopt;
    product = std::move(*next);
  }
  return product;
}

std::optional<MaskTerms> Expander::contracted(onnx::NodeOp node, const MaskDims &dims, int depth) {
  auto letters = contractionOf(node);
  if (!letters || letters->out.size() != dims.size())
    return std::nullopt;
  llvm::DenseMap<int, std::string> names;
  for (auto [letter, dim] : llvm::zip_equal(letters->out, dims))
    names[letter] = dim;
  MaskTerms product(1);
  for (auto [index, own] : llvm::enumerate(letters->operands)) {
    RankedTensorType type = tensorType(node.input(index));
    MaskDims operand;
    for (auto [place, letter] : llvm::enumerate(own)) {
      bool isNew = !names.contains(letter);
      if (isNew)
        names[letter] = fresh();
      operand.push_back(type.getDimSize(place) == 1 ? "" : names[letter]);
    }
    auto terms = expand(node.input(index), operand, depth + 1);
    auto more = terms ? productOf(product, *terms) : std::nullopt;
    if (!more)
      return std::nullopt;
    product = std::move(*more);
  }
  return product;
}

/// Row-major: each dimension that is not one takes the next letters, ec together where its size is
/// that of both.
std::optional<MaskDims> Expander::beforeReshape(onnx::NodeOp node, const MaskDims &dims) {
  RankedTensorType type = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (type.getShape() == to.getShape())
    return dims;
  SmallVector<std::string> letters;
  for (const std::string &dim : dims) {
    if (dim == "ec")
      letters.append({"e", "c"});
    else if (!dim.empty())
      letters.push_back(dim);
  }
  int64_t open = llvm::count_if(type.getShape(), [](int64_t size) { return size != 1; });
  bool joins = open == static_cast<int64_t>(letters.size()) - 1;
  if (!joins && open != static_cast<int64_t>(letters.size()))
    return std::nullopt;
  MaskDims result;
  size_t at = 0;
  for (int64_t size : type.getShape()) {
    if (size == 1) {
      result.push_back("");
      continue;
    }
    if (at >= letters.size())
      return std::nullopt;
    bool both = joins && letters[at] == "e" && at + 1 < letters.size() && letters[at + 1] == "c";
    int64_t wanted = letters[at] == "e"   ? sizes.experts
                     : letters[at] == "c" ? sizes.places
                                          : ShapedType::kDynamic;
    if (both)
      wanted = ShapedType::isDynamic(sizes.places) ? -1 : sizes.experts * sizes.places;
    // Only sizes tell which letters a dimension has.
    if (wanted != size && (both || letters[at] == "e" || letters[at] == "c"))
      return std::nullopt;
    result.push_back(both ? "ec" : letters[at]);
    at += both ? 2 : 1;
  }
  return at == letters.size() ? std::optional(result) : std::nullopt;
}

std::optional<MaskDims> Expander::reduced(onnx::NodeOp node, const MaskDims &dims) {
  auto axes = axesOf(node);
  RankedTensorType type = tensorType(node.input(0));
  if (!axes || axes->empty())
    return std::nullopt;
  SmallVector<bool> gone(type.getRank(), false);
  for (int64_t axis : *axes)
    if (auto place = normalizeAxis(axis, type.getRank()))
      gone[*place] = true;
  MaskDims result;
  size_t at = 0;
  bool keeps = node.intAttribute("keepdims", 1) != 0;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!gone[i] && at >= dims.size())
      return std::nullopt;
    result.push_back(!gone[i] ? dims[at] : type.getDimSize(i) == 1 ? "" : fresh());
    at += !gone[i] || keeps;
  }
  return result;
}

/// The dimensions of input 0 where the node only changes the layout; nothing where it does more.
std::optional<MaskDims> Expander::relaid(onnx::NodeOp node, const MaskDims &dims) {
  RankedTensorType type = tensorType(node.input(0));
  if (!type)
    return std::nullopt;
  if (node.is("Cast") || node.is("CastLike") || node.is("Identity"))
    return dims;
  if (node.is("Expand") && type.getRank() <= static_cast<int64_t>(dims.size()))
    return broadcastOperand(node.input(0), dims);
  if (node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") || node.is("Flatten"))
    return beforeReshape(node, dims);
  if (!node.is("Transpose"))
    return std::nullopt;
  MaskDims result(dims.size());
  auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm"));
  for (size_t i = 0; i < dims.size(); ++i)
    result[perm ? perm[i] : dims.size() - 1 - i] = dims[i];
  return result;
}

/// The same, or where what is summed up goes with a factor that it has of its own.
std::optional<MaskDims> Expander::before(onnx::NodeOp node, const MaskDims &dims) {
  bool reduces = tensorType(node.input(0)) && (node.is("ReduceSum") || node.is("ReduceMax"));
  return reduces ? reduced(node, dims) : relaid(node, dims);
}

std::optional<MaskTerms> Expander::expand(Value value, const MaskDims &dims, int depth) {
  MaskFactor whole{value, dims};
  MaskTerms leaf{{whole}};
  RankedTensorType type = tensorType(value);
  onnx::NodeOp node = nodeOf(value);
  if (!type || type.getRank() != static_cast<int64_t>(dims.size()) || depth > kDeepest)
    return std::nullopt;
  bool isHot = llvm::any_of(
      dims, [&](const std::string &dim) { return oneHotAlong(whole, dim).has_value(); });
  if (!node || !node.input(0) || !node.getDomain().empty() || isHot)
    return leaf;
  std::optional<MaskTerms> terms;
  if (node.is("Mul") || node.is("And"))
    terms = multiplied(node, {0, 1}, dims, depth);
  else if (node.is("Div"))
    terms = multiplied(node, {0}, dims, depth);
  else if (node.is("Where") && filledWith(node.input(2)) == 0.0)
    terms = multiplied(node, {0, 1}, dims, depth);
  else if (isPlainProduct(node))
    terms = contracted(node, dims, depth);
  else if (node.is("Add") || node.is("Or")) {
    terms = multiplied(node, {0}, dims, depth);
    auto more = terms ? multiplied(node, {1}, dims, depth) : std::nullopt;
    if (more)
      terms->insert(terms->end(), more->begin(), more->end());
    else
      terms = std::nullopt;
  } else if (auto input = before(node, dims)) {
    terms = expand(node.input(0), *input, depth + 1);
  }
  if (!terms || terms->size() > kMostTerms)
    return leaf;
  return terms;
}

} // namespace

std::optional<MaskTerms> termsOf(Value mask, const MaskDims &dims, MaskSizes sizes) {
  return Expander(sizes).expand(mask, dims, 0);
}

std::optional<MaskDims> layoutBefore(onnx::NodeOp node, const MaskDims &dims, MaskSizes sizes) {
  return Expander(sizes).relaid(node, dims);
}

std::optional<MaskTerms> productOf(const MaskTerms &a, const MaskTerms &b) {
  MaskTerms product;
  for (const MaskTerm &left : a)
    for (const MaskTerm &right : b) {
      MaskTerm both = left;
      for (const MaskFactor &factor : right)
        if (!llvm::is_contained(both, factor))
          both.push_back(factor);
      if (both.size() > kMostFactors || product.size() >= kMostTerms)
        return std::nullopt;
      product.push_back(std::move(both));
    }
  return product;
}

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

/// Whether `value` counts 0, 1, 2, ... along its last dimension, and has no other.
static bool isCount(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || !type.getRank() || (staticCount(type.getShape().drop_back()) != 1))
    return false;
  value = stripShape(value);
  if (onnx::NodeOp range = nodeOf(value, "Range"))
    return constantNumber(range.input(0)) == 0.0 && constantNumber(range.input(2)) == 1.0;
  auto numbers = constantNumbers(value);
  return numbers && llvm::all_of(llvm::enumerate(*numbers), [](auto entry) {
           return entry.value() == static_cast<double>(entry.index());
         });
}

std::optional<MaskFactor> oneHotAlong(const MaskFactor &factor, StringRef letter) {
  onnx::NodeOp node = nodeOf(factor.value);
  if (!node || letter.empty() || llvm::count(factor.dims, letter) != 1)
    return std::nullopt;
  size_t place = llvm::find(factor.dims, letter) - factor.dims.begin();
  MaskDims rest = factor.dims;
  if (node.is("OneHot")) {
    auto values = node.input(2) ? constantNumbers(node.input(2)) : std::nullopt;
    auto axis = normalizeAxis(node.intAttribute("axis", -1), factor.dims.size());
    if (!values || values->size() != 2 || (*values)[0] != 0.0 || (*values)[1] != 1.0 ||
        axis != static_cast<int64_t>(place))
      return std::nullopt;
    rest.erase(rest.begin() + place);
    return MaskFactor{node.input(0), rest};
  }
  if (!node.is("Equal") || place + 1 != factor.dims.size())
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    Value where = node.input(side);
    RankedTensorType type = tensorType(where);
    if (!isCount(node.input(1 - side)) || !type || type.getRank() != int64_t(factor.dims.size()) ||
        type.getShape().back() != 1)
      continue;
    rest.back() = "";
    return MaskFactor{where, rest};
  }
  return std::nullopt;
}

bool isZeroOrOne(const MaskFactor &factor) {
  Type element = tensorType(factor.value).getElementType();
  return element.isInteger(1) || llvm::any_of(factor.dims, [&](const std::string &dim) {
           return oneHotAlong(factor, dim).has_value();
         });
}

bool isZeroWhere(const MaskTerms &part, const MaskTerms &whole) {
  auto holds = [](const MaskTerm &all, const MaskTerm &some) {
    return llvm::all_of(some, [&](const MaskFactor &one) { return llvm::is_contained(all, one); });
  };
  return llvm::all_of(part, [&](const MaskTerm &term) {
    return llvm::any_of(whole, [&](const MaskTerm &one) { return holds(term, one); });
  });
}

} // namespace moe::raise
