//===- Reference.h - What the language means, in plain loops ----*- C++ -*-===//
//
// The oracle: slow, obvious, in double, and without a line in common with the lowerings that are
// checked against it. Letters as in MoeOps.td: T tokens, E experts, k choices, R rows.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_DIALECT_REFERENCE_REFERENCE_H
#define MOE_DIALECT_REFERENCE_REFERENCE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace moe::reference {

/// A dense row-major tensor. `errors[i]` bounds how far from `values[i]` rounding can take an
/// implementation that does what it should; no errors at all means exact.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> values;
  std::vector<double> errors;

  double error(std::size_t index) const { return errors.empty() ? 0.0 : errors[index]; }
};

/// Unit roundoff of the floats of so many bits in the significand: 24 for f32.
double unitRoundoff(unsigned significand);
/// The bound K * u / (1 - K * u) of a sum of K products; infinite where K * u >= 1.
double gammaOf(int64_t length, double unit);

enum class Score { Softmax, Sigmoid, Identity, SqrtSoftplus, SparseMixer };

/// `#moe.gate_rule`.
struct GateRule {
  Score score = Score::Softmax;
  int64_t k = 1;
  bool scoreAfter = false;
  bool normalize = false;
  double epsilon = 0.0;
  double scale = 1.0;
  double jitter = 0.01;
  int64_t groups = 1;
  int64_t topGroups = 1;
  int64_t groupBest = 1;
  std::optional<double> outside = {};
  std::optional<double> leastWeight = {};
  std::optional<double> leastSum = {};
};

/// What a gate does with one token, and what it decided by.
struct Choice {
  std::vector<int64_t> experts;
  std::vector<double> weights;
  std::vector<double> candidates;  ///< c of step 2, one an expert
  std::vector<double> groupValues; ///< of step 3, one a group; empty without groups
  std::vector<int64_t> groups;     ///< the groups that stay in the race, best first
};

/// `moe.gate` on one token; `bias` is empty or has one element an expert.
Choice gate(const std::vector<double> &logits, const std::vector<double> &bias,
            const GateRule &rule);

/// How far from the values of a choice rounding can take an implementation that computes with
/// `unit`: for each candidate, each group and each of the k weights.
struct ChoiceErrors {
  std::vector<double> candidates;
  std::vector<double> groups;
  std::vector<double> weights;
};
ChoiceErrors choiceErrors(const std::vector<double> &logits, const std::vector<double> &bias,
                          const GateRule &rule, const Choice &choice, double unit);
/// Whether rounding could have put `expert` where the choice has another one.
bool isNearTie(const Choice &choice, const ChoiceErrors &errors, int64_t slot, int64_t expert);

/// The attributes of `moe.dispatch`; a capacity below 1 is none.
struct DispatchRule {
  int64_t experts = 1;
  int64_t choices = 1;
  int64_t capacity = 0;
  bool rankMajor = false;
  int64_t tile = 1;
};

struct Positions {
  std::vector<int64_t> slots;   ///< one a row, -1 where it is padding
  std::vector<int64_t> offsets; ///< E + 1
};

/// Slots and offsets of `moe.dispatch` for T * k ids.
Positions dispatch(const std::vector<int64_t> &experts, const DispatchRule &rule);

/// `moe.gather`.
Tensor gather(const Tensor &tokens, const std::vector<int64_t> &slots, int64_t choices);

/// `moe.combine`; sums are rounded with `sumUnit`.
Tensor combine(const Tensor &rows, const std::vector<int64_t> &slots, const Tensor &weights,
               double sumUnit);

/// `moe.dequantize`: codes (K x N) as the numbers that their type says, scales and zero points
/// (blocks x N; none: `zero` for all). Differences and products are rounded with `unit`.
Tensor dequantize(const Tensor &codes, const Tensor &scales, const Tensor &zeroPoints, double zero,
                  int64_t block, double unit);

/// rows (R x K) times weight (K x N), onto `init` (R x N); products and sums are rounded with
/// `unit`.
Tensor matmul(const Tensor &rows, const Tensor &weight, const Tensor &init, double unit);

} // namespace moe::reference

#endif // MOE_DIALECT_REFERENCE_REFERENCE_H
