//===- Decode.cpp - From a parsed module to kernels -----------------------===//

#include "Decode.h"
#include "Decoder.h"
#include "Memory.h"

using namespace moe::emulator;

namespace {

uint64_t alignTo(uint64_t value, uint32_t to) {
  return to > 1 ? (value + to - 1) / to * to : value;
}

/// More registers or variables than a GPU could have are refused, before sizes overflow.
constexpr uint64_t kMostLocal = 512 * 1024;
constexpr uint64_t kMostShared = 1024 * 1024;
constexpr size_t kDeepestCall = 32;
constexpr size_t kMostInstructions = 1 << 24;

} // namespace

Decoder::Decoder(const SyntaxFunction &function, const Symbols &symbols)
    : entry(function), symbols(symbols) {
  kernel.name = function.name;
}

/// Variables of the module that the kernel names, and its own; dynamic memory lies behind all of
/// them.
void Decoder::placeSharedVariable(const Variable &variable) {
  if (variable.external || sharedPlaces.count(variable.name))
    return;
  uint64_t offset = alignTo(kernel.sharedBytes, variable.align);
  if (variable.bytes > kMostShared || offset > kMostShared)
    throw ParseError(entry.line, "'" + entry.name + "' has too much shared memory");
  sharedPlaces[variable.name] = SharedMemory::kFirst + offset;
  kernel.sharedBytes = static_cast<uint32_t>(offset + variable.bytes);
}

void Decoder::placeSharedOf(const SyntaxFunction &function) {
  for (const Statement &statement : function.body) {
    for (const Variable &variable : statement.variables)
      if (variable.space == Space::Shared)
        placeSharedVariable(variable);
    for (const SyntaxOperand &operand : flatten(statement)) {
      auto named = symbols.shared.find(operand.word);
      if (named != symbols.shared.end())
        placeSharedVariable(*named->second);
    }
  }
}

void Decoder::placeShared() {
  placeSharedOf(entry);
  for (const auto &[name, called] : std::map<std::string, const SyntaxFunction *>(
           symbols.functions.begin(), symbols.functions.end()))
    placeSharedOf(*called);
  uint32_t align = 16;
  for (const auto &[name, variable] : symbols.shared)
    if (variable->external)
      align = std::max(align, variable->align);
  kernel.sharedBytes = static_cast<uint32_t>(alignTo(kernel.sharedBytes, align));
  for (const auto &[name, variable] : symbols.shared)
    if (variable->external)
      sharedPlaces[name] = SharedMemory::kFirst + kernel.sharedBytes;
}

void Decoder::placeParameters() {
  uint64_t offset = 0;
  for (const Variable &parameter : entry.parameters) {
    offset = alignTo(offset, parameter.align);
    if (parameter.bytes > 4096 || offset > 4096)
      throw ParseError(entry.line, "'" + entry.name + "' has more than 4 KiB of parameters");
    frames.back()->scopes[0].variables[parameter.name] = kParamWindow + offset;
    kernel.parameters.push_back(
        {static_cast<uint32_t>(offset), static_cast<uint32_t>(parameter.bytes)});
    offset += parameter.bytes;
  }
  kernel.parameterBytes = static_cast<uint32_t>(offset);
}

/// Local variables, and the parameters of calls, which lie there too.
void Decoder::declare(const Variable &variable) {
  std::unordered_map<std::string, uint64_t> &names = frames.back()->scopes.back().variables;
  if (variable.space == Space::Shared) {
    names[variable.name] = sharedPlaces.at(variable.name);
    return;
  }
  uint64_t offset = alignTo(kernel.localBytes, std::max(variable.align, 16u));
  if (variable.bytes > kMostLocal || offset > kMostLocal)
    throw ParseError(entry.line, "'" + entry.name + "' has too much local memory");
  kernel.localBytes = static_cast<uint32_t>(offset + variable.bytes);
  names[variable.name] = offset + (variable.space == Space::Param ? kLocalWindow : 0);
}

void Decoder::emit(const Statement &statement, const Row &row,
                   const std::vector<uint32_t> &operands) {
  if (kernel.code.size() > kMostInstructions)
    fail(statement, "the kernel is too long");
  Instruction instruction;
  instruction.run = row.run;
  instruction.variant = row.variant;
  instruction.row = &row;
  instruction.line = statement.line;
  instruction.firstOperand = static_cast<uint32_t>(kernel.operands.size());
  instruction.operandCount = static_cast<uint32_t>(operands.size());
  kernel.operands.insert(kernel.operands.end(), operands.begin(), operands.end());
  kernel.code.push_back(instruction);
  if (row.sharedBytes && (!kernel.sharedGranule || row.sharedBytes < kernel.sharedGranule))
    kernel.sharedGranule = row.sharedBytes;
}

void Decoder::instruction(const Statement &statement) {
  if (statement.word.compare(0, 4, "call") == 0)
    return call(statement);
  if (frames.size() > 1 && (statement.word == "ret" || statement.word == "ret.uni"))
    return leaveCall(statement);
  const InstructionTable &table = InstructionTable::get();
  std::string name = key(statement);
  std::vector<SyntaxOperand> written = flatten(statement);
  const Row *row = table.find(name, written.size());
  if (!row)
    fail(statement, table.knows(name)
                        ? "'" + statement.word + "' with " + std::to_string(written.size()) +
                              " operands is not emulated"
                        : "unknown instruction '" + statement.word + "'");
  std::vector<uint32_t> slots;
  size_t labels = pendingLabels.size();
  after.clear();
  for (size_t i = 0; i < written.size(); ++i)
    operand(statement, *row, row->operands[i], written[i], slots);
  for (; labels < pendingLabels.size(); ++labels)
    pendingLabels[labels].first += static_cast<uint32_t>(kernel.operands.size());
  emit(statement, *row, slots);
  size_t first = kernel.code.size() - 1;
  for (const Resize &resized : after)
    resize(statement, resized.from, resized.to, resized.isSigned);
  if (statement.guard.empty())
    return;
  uint32_t guard = predicate(statement, statement.guard);
  for (size_t i = first; i < kernel.code.size(); ++i) {
    kernel.code[i].guard = guard;
    kernel.code[i].guardNegated = statement.guardNegated;
  }
}

/// The called function's statements, with the caller's memory as its parameters.
void Decoder::call(const Statement &statement) {
  std::vector<SyntaxOperand> operands = statement.operands;
  std::vector<SyntaxOperand> results, arguments;
  if (!operands.empty() && operands[0].kind == SyntaxOperand::List) {
    results = operands[0].elements;
    operands.erase(operands.begin());
  }
  if (operands.size() > 1 && operands[1].kind == SyntaxOperand::List)
    arguments = operands[1].elements;
  auto found =
      operands.empty() ? symbols.functions.end() : symbols.functions.find(operands[0].word);
  if (!statement.guard.empty() || found == symbols.functions.end())
    fail(statement, "only functions of the module can be called, without a guard");
  const SyntaxFunction &function = *found->second;
  if (results.size() != function.results.size() || arguments.size() != function.parameters.size())
    fail(statement, "'" + function.name + "' is called with other parameters than it has");
  if (frames.size() == kDeepestCall)
    fail(statement, "calls are nested too deeply: recursion is not emulated");
  Frame frame{&function, {Scope()}, {}, {}};
  auto bind = [&](const Variable &parameter, const SyntaxOperand &argument) {
    uint64_t place;
    if (!findSymbol(argument.word, place))
      fail(statement, "unknown name '" + argument.word + "'");
    frame.scopes[0].variables[parameter.name] = place;
  };
  for (size_t i = 0; i < results.size(); ++i)
    bind(function.results[i], results[i]);
  for (size_t i = 0; i < arguments.size(); ++i)
    bind(function.parameters[i], arguments[i]);
  decodeBody(frame);
}

void Decoder::leaveCall(const Statement &statement) {
  Statement jump = statement;
  jump.word = "bra";
  jump.operands = {SyntaxOperand()};
  jump.operands[0].word =
      "return"; // no label of PTX text has such a name before decodeBody adds it
  instruction(jump);
}

void Decoder::branchTable(const Statement &statement) {
  frames.back()->tables[statement.word] = static_cast<uint32_t>(kernel.branchTables.size());
  pendingTables.push_back({static_cast<uint32_t>(kernel.branchTables.size()), statement.labels});
  kernel.branchTables.emplace_back();
}

void Decoder::statement(const Statement &statement) {
  Frame &frame = *frames.back();
  switch (statement.kind) {
  case Statement::Open:
    frame.scopes.emplace_back();
    return;
  case Statement::Close:
    // The last one closes the function, whose names are still needed.
    if (frame.scopes.size() > 1)
      frame.scopes.pop_back();
    return;
  case Statement::Label:
    frame.labels[statement.word] = static_cast<uint32_t>(kernel.code.size());
    return;
  case Statement::Registers:
    for (const RegisterRange &range : statement.registers)
      frame.scopes.back().registers[range.name] = range;
    return;
  case Statement::Declaration:
    return declare(statement.variables[0]);
  case Statement::BranchTargets:
    return branchTable(statement);
  case Statement::Instruction:
    return instruction(statement);
  }
}

void Decoder::decodeBody(Frame &frame) {
  auto outerLabels = std::move(pendingLabels);
  auto outerTables = std::move(pendingTables);
  pendingLabels.clear();
  pendingTables.clear();
  frames.push_back(&frame);
  for (const Statement &each : frame.function->body)
    statement(each);
  frame.labels["return"] = static_cast<uint32_t>(kernel.code.size());
  resolveLabels(frame);
  frames.pop_back();
  pendingLabels = std::move(outerLabels);
  pendingTables = std::move(outerTables);
}

void Decoder::resolveLabels(Frame &frame) {
  auto place = [&](const std::string &label) {
    auto found = frame.labels.find(label);
    if (found == frame.labels.end())
      throw ParseError(frame.function->line,
                       "unknown label '" + label + "' in '" + frame.function->name + "'");
    return found->second;
  };
  for (const auto &[operand, label] : pendingLabels) {
    auto table = frame.tables.find(label);
    kernel.operands[operand] = table != frame.tables.end() ? table->second : place(label);
  }
  for (const auto &[table, labels] : pendingTables)
    for (const std::string &label : labels)
      kernel.branchTables[table].push_back(place(label));
}

Kernel Decoder::run() {
  Frame frame{&entry, {Scope()}, {}, {}};
  frames.push_back(&frame);
  placeShared();
  placeParameters();
  frames.pop_back();
  decodeBody(frame);
  Statement end;
  emit(end, *InstructionTable::get().find("exit", 0), {});
  for (Instruction &each : kernel.code)
    each.operands = kernel.operands.data() + each.firstOperand;
  kernel.localBytes = static_cast<uint32_t>(alignTo(kernel.localBytes, 16));
  kernel.registerBytes = static_cast<uint32_t>(alignTo(kernel.registerBytes, 64));
  kernel.requiredThreads = entry.requiredThreads;
  if (entry.maximumThreads[0])
    kernel.maximumThreads =
        std::min<uint64_t>(1024, uint64_t(entry.maximumThreads[0]) * entry.maximumThreads[1] *
                                     entry.maximumThreads[2]);
  return std::move(kernel);
}

Kernel moe::emulator::decode(const SyntaxFunction &function, const Symbols &symbols) {
  return Decoder(function, symbols).run();
}
