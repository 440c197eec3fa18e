//===- ImportOrder.cpp - The order of a graph's nodes ---------------------===//

#include "lowering/onnx/ImportOrder.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <queue>

using namespace moe;
using onnx_pb::GraphProto;
using onnx_pb::NodeProto;

using Names = llvm::SmallVector<llvm::StringRef>;

static Names namesRead(const NodeProto &node);

/// What a subgraph reads from around it. Recursion ends where the file's nesting ends, which
/// ImportSkeleton bounds.
static Names namesReadOutside(const GraphProto &graph) {
  llvm::StringSet<> own;
  for (const auto &input : graph.input())
    own.insert(input.name());
  for (const auto &initializer : graph.initializer())
    own.insert(initializer.name());
  for (const NodeProto &node : graph.node())
    for (const std::string &output : node.output())
      own.insert(output);
  Names names;
  for (const NodeProto &node : graph.node())
    llvm::append_range(names, namesRead(node));
  for (const auto &output : graph.output())
    names.push_back(output.name());
  llvm::erase_if(names, [&](llvm::StringRef name) { return own.contains(name); });
  return names;
}

/// The inputs of `node`, and what its subgraphs read.
static Names namesRead(const NodeProto &node) {
  Names names(node.input().begin(), node.input().end());
  for (const auto &attribute : node.attribute())
    if (attribute.has_g())
      llvm::append_range(names, namesReadOutside(attribute.g()));
  return names;
}

namespace {

/// An edge from a node to one that it needs.
struct Need {
  int node;
  llvm::StringRef value;
};

} // namespace

/// For each node, the nodes that it reads from.
static std::vector<llvm::SmallVector<Need, 2>>
findNeeds(const NodeList &nodes, llvm::function_ref<bool(llvm::StringRef)> isGiven) {
  llvm::StringMap<int> producers;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string &output : nodes[i].output())
      if (!output.empty() && !isGiven(output))
        producers.try_emplace(output, i);
  std::vector<llvm::SmallVector<Need, 2>> needs(nodes.size());
  for (int i = 0; i < nodes.size(); ++i)
    for (llvm::StringRef name : namesRead(nodes[i]))
      if (auto found = producers.find(name); found != producers.end())
        needs[i].push_back({found->second, name});
  return needs;
}

NodeOrder moe::orderNodes(const NodeList &nodes,
                          llvm::function_ref<bool(llvm::StringRef)> isGiven) {
  auto needs = findNeeds(nodes, isGiven);
  std::vector<int> missing(nodes.size());
  std::vector<llvm::SmallVector<int, 2>> readers(nodes.size());
  // The smallest index first: a file in the right order keeps it.
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int i = 0; i < nodes.size(); ++i) {
    missing[i] = needs[i].size();
    for (const Need &need : needs[i])
      readers[need.node].push_back(i);
    if (missing[i] == 0)
      ready.push(i);
  }
  NodeOrder result;
  while (!ready.empty()) {
    int node = ready.top();
    ready.pop();
    result.order.push_back(node);
    for (int reader : readers[node])
      if (--missing[reader] == 0)
        ready.push(reader);
  }
  auto waits = [&](int node) { return missing[node] != 0; };
  int first = 0;
  while (first < nodes.size() && !waits(first))
    ++first;
  // Each waiting node needs another waiting one: following them, one comes again.
  std::vector<int> position(nodes.size(), -1);
  for (int node = first; node < nodes.size();) {
    if (position[node] >= 0) {
      std::rotate(result.cycle.begin(), result.cycle.begin() + position[node], result.cycle.end());
      result.cycle.truncate(result.cycle.size() - position[node]);
      break;
    }
    position[node] = result.cycle.size();
    const Need &need = *llvm::find_if(needs[node], [&](const Need &n) { return waits(n.node); });
    result.cycle.push_back({node, need.value.str()});
    node = need.node;
  }
  return result;
}
