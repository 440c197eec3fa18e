//===- GateErrors.cpp - How far rounding may take a choice ----------------===//
//
// An implementation scores in f32. Where two candidates lie closer together than that rounds,
// either order is right, and whoever compares has to know.
//
//===----------------------------------------------------------------------===//

#include "dialect/reference/Reference.h"
#include <algorithm>
#include <cmath>

using namespace moe::reference;

/// Relative error of a function's scores. exp(x) of a rounded argument is off by |x| u, a sum of E
/// terms by E u, and the functions and quotients by some units each.
static double functionError(const std::vector<double> &logits, double unit) {
  double largest = 0;
  for (double x : logits)
    if (std::isfinite(x))
      largest = std::max(largest, std::fabs(x));
  return (static_cast<double>(logits.size()) + 2 * largest + 32) * unit;
}

/// Relative error of what is chosen by.
static double scoreError(const std::vector<double> &logits, const GateRule &rule, double unit) {
  bool exact = rule.score == Score::Identity || rule.scoreAfter || rule.score == Score::SparseMixer;
  return exact ? 0.0 : functionError(logits, unit);
}

/// The bounds of the weights. Scores that can be negative may cancel in the sum that they are
/// divided by; then the quotient is as bad as the sum.
static std::vector<double> weightErrors(const std::vector<double> &logits, const GateRule &rule,
                                        const Choice &choice, double unit) {
  double relative = functionError(logits, unit), cancelled = 1;
  if (rule.score == Score::Identity && rule.normalize) {
    double sum = rule.epsilon, size = std::fabs(rule.epsilon);
    for (int64_t expert : choice.experts) {
      sum += logits[expert];
      size += std::fabs(logits[expert]);
    }
    cancelled += size / std::fabs(sum);
  }
  std::vector<double> errors;
  for (double weight : choice.weights)
    errors.push_back(relative * cancelled * std::fabs(weight) + 0x1p-126);
  return errors;
}

ChoiceErrors moe::reference::choiceErrors(const std::vector<double> &logits,
                                          const std::vector<double> &bias, const GateRule &rule,
                                          const Choice &choice, double unit) {
  constexpr double smallest = 0x1p-126; // what may be flushed to zero
  double relative = scoreError(logits, rule, unit);
  ChoiceErrors errors;
  for (size_t e = 0; e < choice.candidates.size(); ++e) {
    double added = e < bias.size() ? bias[e] : 0.0;
    double score = choice.candidates[e] - added;
    double error = relative * std::fabs(score) + (relative > 0 ? smallest : 0.0);
    errors.candidates.push_back(error + (added != 0 ? unit * std::fabs(choice.candidates[e]) : 0));
  }
  int64_t size = static_cast<int64_t>(choice.candidates.size()) / rule.groups;
  for (size_t g = 0; g < choice.groupValues.size(); ++g) {
    // What an expert outside was before it got its number is not known any more.
    double largest = rule.outside && !errors.candidates.empty()
                         ? *std::max_element(errors.candidates.begin(), errors.candidates.end())
                         : 0;
    for (int64_t e = g * size; e < static_cast<int64_t>(g + 1) * size; ++e)
      largest = std::max(largest, errors.candidates[e]);
    errors.groups.push_back(rule.groupBest * (largest + unit * std::fabs(choice.groupValues[g])));
  }
  errors.weights = weightErrors(logits, rule, choice, unit);
  return errors;
}

/// Whether some group outside could have stayed instead of one inside.
static bool groupsAreClose(const Choice &choice, const ChoiceErrors &errors) {
  auto stays = [&](int64_t group) {
    return std::find(choice.groups.begin(), choice.groups.end(), group) != choice.groups.end();
  };
  for (size_t out = 0; out < choice.groupValues.size(); ++out)
    for (int64_t in : choice.groups)
      if (!stays(out) && std::fabs(choice.groupValues[in] - choice.groupValues[out]) <=
                             errors.groups[in] + errors.groups[out])
        return true;
  return false;
}

bool moe::reference::isNearTie(const Choice &choice, const ChoiceErrors &errors, int64_t slot,
                               int64_t expert) {
  if (expert < 0 || expert >= static_cast<int64_t>(choice.candidates.size()))
    return false;
  int64_t other = choice.experts[slot];
  double distance = std::fabs(choice.candidates[expert] - choice.candidates[other]);
  double error = errors.candidates[expert] + errors.candidates[other];
  return (error > 0 && distance <= error) || groupsAreClose(choice, errors);
}
