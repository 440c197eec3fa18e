//===- CompareOps.cpp - setp and set: comparisons, joined with a predicate -===//

#include "Half.h"
#include "Lanes.h"

using namespace moe::emulator;

namespace {

// One struct a comparison; of floats, the plain ones are false for NaN, the `u` ones true.
struct Eq {
  template <class T> static bool test(T a, T b) { return a == b; }
};
struct Ne {
  template <class T> static bool test(T a, T b) { return a != b && !isNan(a) && !isNan(b); }
};
struct Lt {
  template <class T> static bool test(T a, T b) { return a < b; }
};
struct Le {
  template <class T> static bool test(T a, T b) { return a <= b; }
};
struct Gt {
  template <class T> static bool test(T a, T b) { return a > b; }
};
struct Ge {
  template <class T> static bool test(T a, T b) { return a >= b; }
};
struct Equ {
  template <class T> static bool test(T a, T b) { return a == b || isNan(a) || isNan(b); }
};
struct Neu {
  template <class T> static bool test(T a, T b) { return a != b; }
};
struct Ltu {
  template <class T> static bool test(T a, T b) { return !(a >= b); }
};
struct Leu {
  template <class T> static bool test(T a, T b) { return !(a > b); }
};
struct Gtu {
  template <class T> static bool test(T a, T b) { return !(a <= b); }
};
struct Geu {
  template <class T> static bool test(T a, T b) { return !(a < b); }
};
struct Num {
  template <class T> static bool test(T a, T b) { return !isNan(a) && !isNan(b); }
};
struct Nan {
  template <class T> static bool test(T a, T b) { return isNan(a) || isNan(b); }
};

enum Join { None, And, Or, Xor };
const char *const kJoins[] = {"", ".and", ".or", ".xor"};

uint32_t join(Join how, uint32_t mask, uint32_t with) {
  switch (how) {
  case None:
    return mask;
  case And:
    return mask & with;
  case Or:
    return mask | with;
  case Xor:
    return mask ^ with;
  }
  __builtin_unreachable();
}

/// What a register's bits mean to a comparison.
template <class T> T meaning(T bits) { return bits; }
float meaning(F16 bits) { return toFloat(bits); }
float meaning(BF16 bits) { return toFloat(bits); }

/// Operands: one or two predicates, a, b, and for a join one predicate more.
template <class C, class T, int Results> void compare(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const T *a = warp.at<T>(slots[Results]);
  const T *b = warp.at<T>(slots[Results + 1]);
  uint32_t mask = 0;
  for (int lane = 0; lane < kWarpSize; ++lane)
    mask |= static_cast<uint32_t>(C::test(meaning(a[lane]), meaning(b[lane]))) << lane;
  Join how = static_cast<Join>(instruction.variant);
  uint32_t with = how == None ? 0 : warp.predicate(slots[Results + 2]);
  warp.storePredicate(slots[0], join(how, mask, with));
  if (Results == 2)
    warp.storePredicate(slots[1], join(how, ~mask, with));
}

/// Two halves, a predicate each: the low ones first.
template <class C, class H> void comparePair(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const uint32_t *a = warp.at<uint32_t>(slots[2]), *b = warp.at<uint32_t>(slots[3]);
  Join how = static_cast<Join>(instruction.variant);
  uint32_t with = how == None ? 0 : warp.predicate(slots[4]);
  for (int half = 0; half < 2; ++half) {
    uint32_t mask = 0;
    for (int lane = 0; lane < kWarpSize; ++lane) {
      H x{static_cast<uint16_t>(a[lane] >> 16 * half)},
          y{static_cast<uint16_t>(b[lane] >> 16 * half)};
      mask |= static_cast<uint32_t>(C::test(toFloat(x), toFloat(y))) << lane;
    }
    warp.storePredicate(slots[half], join(how, mask, with));
  }
}

/// set writes all bits, or 1.0f.
template <class C, class T, uint32_t True> void set(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const T *a = warp.at<T>(slots[1]);
  const T *b = warp.at<T>(slots[2]);
  uint32_t values[kWarpSize];
  for (int lane = 0; lane < kWarpSize; ++lane)
    values[lane] = C::test(meaning(a[lane]), meaning(b[lane])) ? True : 0;
  warp.store(slots[0], values);
}

template <class C, class T>
void addRows(std::vector<Row> &rows, const std::string &comparison, const std::string &types) {
  OperandType value{OperandType::In, sizeof(T)}, read{OperandType::In, 0},
      write{OperandType::Out, 0};
  for (Join how : {None, And, Or, Xor}) {
    std::string name = spell({"setp.", comparison, kJoins[how], ".", types});
    Row one{name, compare<C, T, 1>, {write, value, value}, how};
    Row two{name + "|p", compare<C, T, 2>, {write, write, value, value}, how};
    if (how != None) {
      one.operands.push_back(read);
      two.operands.push_back(read);
    }
    rows.push_back(one);
    rows.push_back(two);
  }
  OperandType result{OperandType::Out, 4};
  rows.push_back(
      {"set." + comparison + ".{u,s}32." + types, set<C, T, ~0u>, {result, value, value}});
  rows.push_back(
      {"set." + comparison + ".f32." + types, set<C, T, 0x3F800000u>, {result, value, value}});
}

template <class C, class H>
void addPairs(std::vector<Row> &rows, const std::string &comparison, const std::string &type) {
  OperandType value{OperandType::In, 4}, read{OperandType::In, 0}, write{OperandType::Out, 0};
  for (Join how : {None, And, Or, Xor}) {
    rows.push_back({spell({"setp.", comparison, kJoins[how], ".", type, "|p"}),
                    comparePair<C, H>,
                    {write, write, value, value},
                    how});
    if (how != None)
      rows.back().operands.push_back(read);
  }
}

template <class C> void addIntegers(std::vector<Row> &rows, const char *name) {
  addRows<C, int16_t>(rows, name, "s16");
  addRows<C, int32_t>(rows, name, "s32");
  addRows<C, int64_t>(rows, name, "s64");
}
template <class C> void addUnsigned(std::vector<Row> &rows, const char *name, const char *letters) {
  std::string types(letters);
  addRows<C, uint16_t>(rows, name, types + "16");
  addRows<C, uint32_t>(rows, name, types + "32");
  addRows<C, uint64_t>(rows, name, types + "64");
}
template <class C> void addFloats(std::vector<Row> &rows, const char *name) {
  addRows<C, float>(rows, name, "f32");
  addRows<C, double>(rows, name, "f64");
  addRows<C, F16>(rows, name, "f16");
  addRows<C, BF16>(rows, name, "bf16");
  addPairs<C, F16>(rows, name, "f16x2");
  addPairs<C, BF16>(rows, name, "bf16x2");
}
template <class C> void addOrdered(std::vector<Row> &rows, const char *name) {
  addIntegers<C>(rows, name);
  addUnsigned<C>(rows, name, "u");
  addFloats<C>(rows, name);
}

} // namespace

void moe::emulator::addCompareRows(InstructionTable &table) {
  std::vector<Row> rows;
  for (const char *letters : {"u", "b"}) {
    addUnsigned<Eq>(rows, "eq", letters);
    addUnsigned<Ne>(rows, "ne", letters);
  }
  addIntegers<Eq>(rows, "eq");
  addIntegers<Ne>(rows, "ne");
  addFloats<Eq>(rows, "eq");
  addFloats<Ne>(rows, "ne");
  addOrdered<Lt>(rows, "lt");
  addOrdered<Le>(rows, "le");
  addOrdered<Gt>(rows, "gt");
  addOrdered<Ge>(rows, "ge");
  addUnsigned<Lt>(rows, "lo", "u");
  addUnsigned<Le>(rows, "ls", "u");
  addUnsigned<Gt>(rows, "hi", "u");
  addUnsigned<Ge>(rows, "hs", "u");
  addFloats<Equ>(rows, "equ");
  addFloats<Neu>(rows, "neu");
  addFloats<Ltu>(rows, "ltu");
  addFloats<Leu>(rows, "leu");
  addFloats<Gtu>(rows, "gtu");
  addFloats<Geu>(rows, "geu");
  addFloats<Num>(rows, "num");
  addFloats<Nan>(rows, "nan");
  table.add(InstructionClass::Integer, std::move(rows));
}
