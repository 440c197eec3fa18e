//===- Gate.cpp - moe.gate, step by step ----------------------------------===//

#include "dialect/reference/Reference.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace moe::reference;

using Numbers = std::vector<double>;

static double sum(const Numbers &values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// The order of step 4: a NaN counts as the largest, NaNs are equal to each other.
static bool isLess(double a, double b) {
  if (std::isnan(a))
    return false;
  return std::isnan(b) || a < b;
}

/// Indices from the largest value to the smallest, the lower index first among equals.
static std::vector<int64_t> ranking(const Numbers &values) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    bool less = isLess(values[a], values[b]), greater = isLess(values[b], values[a]);
    return less == greater ? a < b : greater;
  });
  return order;
}

static Numbers softmax(const Numbers &x) {
  double max = -std::numeric_limits<double>::infinity();
  for (double value : x)
    max = value > max ? value : max;
  Numbers s;
  for (double value : x)
    s.push_back(std::exp(value - max));
  double total = sum(s);
  for (double &value : s)
    value /= total;
  return s;
}

/// Steps 1 and 5.
static Numbers score(Score function, const Numbers &x) {
  Numbers s = x;
  switch (function) {
  case Score::Softmax:
    return softmax(x);
  case Score::Sigmoid:
    for (double &value : s)
      value = 1.0 / (1.0 + std::exp(-value));
    return s;
  case Score::SqrtSoftplus:
    for (double &value : s)
      value = std::sqrt((value < 0 ? 0 : value) + std::log1p(std::exp(-std::fabs(value))));
    return s;
  case Score::Identity:
  case Score::SparseMixer:
    return s;
  }
  return s;
}

static std::vector<int64_t> everyExpert(const Choice &choice) {
  std::vector<int64_t> experts(choice.candidates.size());
  std::iota(experts.begin(), experts.end(), 0);
  return experts;
}

/// Step 3: the experts that stay in the race, in ascending order.
static std::vector<int64_t> race(const GateRule &rule, Choice &choice) {
  std::vector<int64_t> experts;
  int64_t size = static_cast<int64_t>(choice.candidates.size()) / rule.groups;
  if (rule.groups == 1)
    return everyExpert(choice);
  for (int64_t group = 0; group < rule.groups; ++group) {
    auto begin = choice.candidates.begin() + group * size;
    Numbers run(begin, begin + size), best;
    for (int64_t index : ranking(run))
      best.push_back(run[index]);
    best.resize(rule.groupBest);
    choice.groupValues.push_back(sum(best));
  }
  choice.groups = ranking(choice.groupValues);
  choice.groups.resize(rule.topGroups);
  for (int64_t group : choice.groups)
    for (int64_t i = 0; i < size; ++i)
      experts.push_back(group * size + i);
  std::sort(experts.begin(), experts.end());
  if (!rule.outside)
    return experts;
  Numbers left(choice.candidates.size(), *rule.outside);
  for (int64_t expert : experts)
    left[expert] = choice.candidates[expert];
  choice.candidates = left;
  return everyExpert(choice);
}

/// Phi-3.5-MoE: each round masks what lies too far below its best and takes the softmax of the
/// rest.
static void mixSparsely(const Numbers &x, const GateRule &rule, Choice &choice) {
  std::vector<int64_t> order = ranking(x);
  std::vector<bool> taken(x.size());
  for (int64_t round = 0; round < rule.k; ++round) {
    int64_t best = order[round];
    double max = x[best], total = 0;
    for (size_t e = 0; e < x.size(); ++e) {
      double size = std::fabs(x[e]) > max ? std::fabs(x[e]) : max;
      bool masked = max - x[e] > 2 * rule.jitter * size;
      if (!taken[e] && !masked)
        total += std::exp(x[e] - max);
    }
    choice.experts.push_back(best);
    choice.weights.push_back(1 / total);
    taken[best] = true;
  }
}

/// Steps 2 to 5 of all other gates.
static void chooseBest(const Numbers &x, const Numbers &bias, const GateRule &rule,
                       Choice &choice) {
  Numbers s = rule.scoreAfter ? x : score(rule.score, x);
  choice.candidates = s;
  for (size_t e = 0; e < bias.size(); ++e)
    choice.candidates[e] += bias[e];
  std::vector<int64_t> experts = race(rule, choice);
  Numbers values;
  for (int64_t expert : experts)
    values.push_back(choice.candidates[expert]);
  std::vector<int64_t> order = ranking(values);
  for (int64_t j = 0; j < rule.k; ++j) {
    choice.experts.push_back(experts[order[j]]);
    choice.weights.push_back(s[choice.experts.back()]);
  }
  if (rule.scoreAfter)
    choice.weights = score(rule.score, choice.weights);
}

/// The larger of the two; a NaN stays.
static double atLeast(double value, double least) { return value < least ? least : value; }

Choice moe::reference::gate(const Numbers &logits, const Numbers &bias, const GateRule &rule) {
  Choice choice;
  if (rule.score == Score::SparseMixer) {
    choice.candidates = logits;
    mixSparsely(logits, rule, choice);
  } else {
    chooseBest(logits, bias, rule, choice);
  }
  for (double &weight : choice.weights)
    weight = rule.leastWeight ? atLeast(weight, *rule.leastWeight) : weight;
  double divisor = rule.normalize ? sum(choice.weights) + rule.epsilon : 1.0;
  if (rule.normalize && rule.leastSum)
    divisor = atLeast(divisor, *rule.leastSum);
  for (double &weight : choice.weights)
    weight = weight / divisor * rule.scale;
  return choice;
}
