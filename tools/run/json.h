//===- json.h - A JSON document, written front to back ----------*- C++ -*-===//

#ifndef MOE_TOOLS_RUN_JSON_H
#define MOE_TOOLS_RUN_JSON_H

#include <cstdint>
#include <string>

namespace moe::run {

/// Values in an object follow a key. The caller keeps begin and end paired.
class Json {
public:
  Json &beginObject() { return open('{'); }
  Json &endObject() { return close('}'); }
  Json &beginArray() { return open('['); }
  Json &endArray() { return close(']'); }
  Json &key(const std::string &name);

  Json &text(const std::string &value);
  Json &integer(int64_t value);
  /// Not a number and infinity, which JSON lacks, become null.
  Json &number(double value);
  Json &boolean(bool value);
  Json &null();

  const std::string &str() const { return out; }

private:
  Json &open(char bracket);
  Json &close(char bracket);
  /// The comma between two values.
  void separate();
  void quote(const std::string &value);

  std::string out;
  bool needsComma = false;
};

} // namespace moe::run

#endif // MOE_TOOLS_RUN_JSON_H
