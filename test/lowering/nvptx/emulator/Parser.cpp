//===- Parser.cpp - From words to a module's functions and variables ------===//

#include "Parser.h"
#include <cstring>

using namespace moe::emulator;

std::string moe::emulator::hex(uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

const Token &Parser::next() {
  const Token &token = tokens[at];
  if (token.text.empty())
    throw ParseError(token.line, "the text ends too early");
  ++at;
  return token;
}

bool Parser::take(std::string_view text) {
  if (peek() != text)
    return false;
  ++at;
  return true;
}

void Parser::expect(std::string_view text) {
  if (!take(text))
    fail("expected '" + std::string(text) + "', found '" + std::string(peek()) + "'");
}

void Parser::fail(const std::string &text) const { throw ParseError(line(), text); }

bool Parser::isNumber(std::string_view word) {
  return !word.empty() && isdigit(static_cast<unsigned char>(word[0]));
}

/// 0fBITS and 0dBITS are the bits of a float or double.
uint64_t Parser::number() {
  bool negative = take("-");
  std::string word(next().text);
  if (!isNumber(word))
    fail("expected a number, found '" + word + "'");
  if (word.back() == 'U')
    word.pop_back();
  bool bits = word.size() > 2 && word[0] == '0' && strchr("fFdD", word[1]);
  char *end = nullptr;
  const char *digits = word.c_str() + (bits ? 2 : 0);
  uint64_t value = strtoull(digits, &end, bits ? 16 : 0);
  if (*end)
    fail("'" + word + "' is no number");
  return negative ? 0 - value : value;
}

uint32_t Parser::smallNumber() {
  uint64_t value = number();
  if (value > UINT32_MAX)
    fail("number " + std::to_string(value) + " is too large");
  return static_cast<uint32_t>(value);
}

/// ".b32" is 4, ".pred" is 0.
uint32_t Parser::typeBytes() {
  std::string_view word = next().text;
  static const struct {
    const char *name;
    uint32_t bytes;
  } types[] = {{".pred", 0}, {".b8", 1},  {".u8", 1},  {".s8", 1},    {".b16", 2},
               {".u16", 2},  {".s16", 2}, {".f16", 2}, {".bf16", 2},  {".b32", 4},
               {".u32", 4},  {".s32", 4}, {".f32", 4}, {".f16x2", 4}, {".bf16x2", 4},
               {".b64", 8},  {".u64", 8}, {".s64", 8}, {".f64", 8},   {".b128", 16}};
  for (const auto &type : types)
    if (word == type.name)
      return type.bytes;
  fail("unknown type '" + std::string(word) + "'");
}

void Parser::initialiser(Variable &variable) {
  bool list = take("{");
  do {
    Initial initial;
    if (isNumber(peek()) || peek() == "-") {
      initial.value = number();
    } else {
      bool generic = take("generic") && take("(");
      initial.symbol = next().text;
      if (generic)
        expect(")");
      if (take("+"))
        initial.value = number();
    }
    variable.initial.push_back(initial);
  } while (list && take(","));
  if (list)
    expect("}");
}

/// Everything behind the space: `.align 16 .b8 name[64] = {...}`.
Variable Parser::variable(Space space) {
  Variable variable;
  variable.space = space;
  while (true) {
    if (take(".align"))
      variable.align = smallNumber();
    else if (!(take(".ptr") || take(".global") || take(".shared") || take(".local") ||
               take(".const") || take(".param")))
      break;
    if (peek() == ".ptr")
      continue;
  }
  variable.elementBytes = typeBytes();
  variable.align = std::max(variable.align, variable.elementBytes);
  // `.param .u64 .ptr .global .align 1 name`: the alignment is the pointer's target's.
  while (take(".ptr") || take(".global") || take(".shared") || take(".local") || take(".const") ||
         (take(".align") && number()))
    ;
  variable.name = next().text;
  variable.bytes = variable.elementBytes;
  while (take("[")) {
    variable.bytes *= peek() == "]" ? 0 : number();
    expect("]");
  }
  if (take("="))
    initialiser(variable);
  return variable;
}

std::vector<Variable> Parser::parameters() {
  std::vector<Variable> list;
  expect("(");
  while (!take(")")) {
    expect(".param");
    list.push_back(variable(Space::Param));
    take(",");
  }
  return list;
}

void Parser::dimensions(std::array<uint32_t, 3> &sizes) {
  sizes = {1, 1, 1};
  size_t axis = 0;
  do {
    if (axis == 3)
      fail("more than three dimensions");
    sizes[axis++] = smallNumber();
  } while (take(","));
}

void Parser::function(bool entry) {
  SyntaxFunction function;
  function.line = line();
  function.entry = entry;
  if (!entry && peek() == "(")
    function.results = parameters();
  function.name = next().text;
  if (peek() == "(")
    function.parameters = parameters();
  while (peek() != "{") {
    if (take(";"))
      return; // a declaration
    if (take(".reqntid"))
      dimensions(function.requiredThreads);
    else if (take(".maxntid"))
      dimensions(function.maximumThreads);
    else if (take(".minnctapersm") || take(".maxnreg") || take(".maxclusterrank"))
      number();
    else if (!take(".noreturn"))
      fail("unknown directive '" + std::string(peek()) + "'");
  }
  parseBody(function);
  module.functions.push_back(std::move(function));
}

/// Debug sections: `.section .debug_abbrev { ... }`.
void Parser::skipSection() {
  while (!take("{"))
    next();
  while (!take("}"))
    next();
}

void Parser::topLevel() {
  bool external = false;
  while (take(".visible") || take(".weak") || take(".common") ||
         (peek() == ".extern" && (external = take(".extern"))))
    ;
  if (take(".entry"))
    return function(true);
  if (take(".func"))
    return function(false);
  static const struct {
    const char *name;
    Space space;
  } spaces[] = {{".global", Space::Global}, {".const", Space::Const}, {".shared", Space::Shared}};
  for (const auto &row : spaces)
    if (take(row.name)) {
      module.variables.push_back(variable(row.space));
      module.variables.back().external = external;
      return expect(";");
    }
  if (take(".file")) {
    number();
    next();
    return;
  }
  if (take(".section"))
    return skipSection();
  fail("unknown directive '" + std::string(peek()) + "'");
}

void Parser::header() {
  expect(".version");
  std::string version(next().text);
  size_t dot = version.find('.');
  if (!isNumber(version) || dot == version.npos)
    fail("'" + version + "' is no version of PTX");
  module.version = static_cast<uint32_t>(strtoul(version.c_str(), nullptr, 10) * 10 +
                                         strtoul(version.c_str() + dot + 1, nullptr, 10));
  expect(".target");
  module.target = next().text;
  while (take(","))
    next();
  if (take(".address_size"))
    module.addressSize = smallNumber();
  if (module.addressSize != 64)
    fail("only 64-bit addresses are emulated");
}

SyntaxModule Parser::run() {
  header();
  while (!peek().empty())
    topLevel();
  return std::move(module);
}

SyntaxModule moe::emulator::parseModule(std::string_view text) {
  return Parser(tokenize(text)).run();
}
