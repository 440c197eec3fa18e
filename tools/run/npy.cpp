//===- npy.cpp - Reading and writing .npy files ---------------------------===//
//
// A file is a magic number, a version, the length of a header, the header (a Python dictionary as
// text) and the elements. Everything else that NumPy can spell (big endian, Fortran order, records,
// objects) is refused by name.
//
//===----------------------------------------------------------------------===//

#include "npy.h"

#include "support.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace moe;
using namespace moe::run;

namespace {
struct TypeRow {
  moe_rt_type type;
  const char *code; // kind and bytes
};

/// The header's text and how far it is read. Spaces do not count.
class Cursor {
public:
  explicit Cursor(const std::string &text) : text(text) {}

  bool take(char c) {
    skipSpace();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  bool takeWord(const char *word) {
    skipSpace();
    if (text.compare(at, strlen(word), word))
      return false;
    at += strlen(word);
    return true;
  }
  /// A quoted string without escapes.
  bool takeString(std::string &value) {
    skipSpace();
    char quote = at < text.size() ? text[at] : '\0';
    if (quote != '\'' && quote != '"')
      return false;
    size_t end = text.find(quote, at + 1);
    if (end == std::string::npos)
      return false;
    value = text.substr(at + 1, end - at - 1);
    at = end + 1;
    return true;
  }
  bool takeSize(int64_t &value) {
    skipSpace();
    size_t begin = at;
    for (value = 0; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text[at] - '0', &value))
        return false;
    takeLong();
    return at > begin;
  }
  bool atEnd() {
    skipSpace();
    return at == text.size();
  }

private:
  void skipSpace() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n'))
      ++at;
  }
  /// Files of Python 2 write 3L.
  void takeLong() {
    if (at < text.size() && text[at] == 'L')
      ++at;
  }

  const std::string &text;
  size_t at = 0;
};

struct CloseFile {
  void operator()(FILE *file) const { fclose(file); }
};
using File = std::unique_ptr<FILE, CloseFile>;
} // namespace

static const TypeRow typeRows[] = {
    {MOE_RT_BOOL, "b1"},    {MOE_RT_INT8, "i1"},    {MOE_RT_INT16, "i2"},   {MOE_RT_INT32, "i4"},
    {MOE_RT_INT64, "i8"},   {MOE_RT_UINT8, "u1"},   {MOE_RT_UINT16, "u2"},  {MOE_RT_UINT32, "u4"},
    {MOE_RT_UINT64, "u8"},  {MOE_RT_FLOAT16, "f2"}, {MOE_RT_FLOAT32, "f4"}, {MOE_RT_FLOAT64, "f8"},
    {MOE_RT_BFLOAT16, "V2"}};

uint32_t run::fileType(uint32_t type) {
  if (type == MOE_RT_BFLOAT16)
    return MOE_RT_UINT16;
  if (type == MOE_RT_INT4 || type == MOE_RT_INT2)
    return MOE_RT_INT8;
  return type >= MOE_RT_FLOAT8E4M3FN && type <= MOE_RT_UINT2 ? MOE_RT_UINT8 : type;
}

static std::string parseType(const std::string &code, moe_rt_tensor &tensor) {
  if (code.size() < 3)
    return "malformed: element type '" + code + "'";
  for (const TypeRow &row : typeRows)
    if (!code.compare(1, std::string::npos, row.code)) {
      tensor.type = row.type;
      if (code[0] == '>' && moe_rt_type_size(row.type) > 1)
        return "unsupported: big-endian elements ('" + code + "'); save a little-endian array";
      return "";
    }
  return "unsupported: element type '" + code +
         "', expected one of b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4, f8";
}

static bool parseShape(Cursor &cursor, moe_rt_tensor &tensor, bool &tooManyDimensions) {
  if (!cursor.take('('))
    return false;
  bool more = !cursor.take(')');
  while (more) {
    int64_t size;
    if (!cursor.takeSize(size))
      return false;
    if (tensor.rank < MOE_RT_MAX_RANK)
      tensor.shape[tensor.rank++] = size;
    else
      tooManyDimensions = true;
    bool comma = cursor.take(',');
    more = !cursor.take(')');
    if (more && !comma)
      return false;
  }
  return true;
}

std::string run::parseNpyHeader(const std::string &header, moe_rt_tensor &tensor) {
  const char *const malformed = "malformed: the header is no dictionary of descr, fortran_order "
                                "and shape";
  Cursor cursor(header);
  bool fortran = false, tooManyDimensions = false, shape = false, order = false;
  std::string type;
  if (!cursor.take('{'))
    return malformed;
  while (!cursor.take('}')) {
    std::string key;
    if (!cursor.takeString(key) || !cursor.take(':'))
      return malformed;
    bool good = false;
    if (key == "descr" && cursor.take('['))
      return "unsupported: records (a structured element type)";
    if (key == "descr")
      good = type.empty() && cursor.takeString(type);
    else if (key == "fortran_order" && !order)
      good = order = (fortran = cursor.takeWord("True")) || cursor.takeWord("False");
    else if (key == "shape" && !shape)
      good = shape = parseShape(cursor, tensor, tooManyDimensions);
    if (!good)
      return malformed;
    cursor.take(',');
  }
  if (!cursor.atEnd() || !shape || !order)
    return malformed;
  if (tooManyDimensions)
    return format("unsupported: more than %d dimensions", MOE_RT_MAX_RANK);
  if (fortran && tensor.rank > 1)
    return "unsupported: Fortran order; save numpy.ascontiguousarray(array)";
  return parseType(type, tensor);
}

/// Reads what stands before the header, and the header.
static std::string readHeader(FILE *file, std::string &header) {
  unsigned char start[12];
  if (fread(start, 1, 10, file) != 10 || memcmp(start, "\x93NUMPY", 6))
    return "malformed: does not begin as a .npy file does (magic number)";
  size_t length = start[8] | static_cast<size_t>(start[9]) << 8;
  if (start[6] == 2) {
    if (fread(start + 10, 1, 2, file) != 2)
      return "malformed: ends in the header";
    length |= static_cast<size_t>(start[10]) << 16 | static_cast<size_t>(start[11]) << 24;
  } else if (start[6] != 1) {
    return format("unsupported: version %d.%d of the format, expected 1.0 or 2.0", start[6],
                  start[7]);
  }
  constexpr size_t limit = 1 << 20; // of what eight dimensions could ever need
  if (length > limit)
    return format("malformed: a header of %zu bytes", length);
  header.resize(length);
  if (fread(header.data(), 1, length, file) != length)
    return "malformed: ends in the header";
  return "";
}

static bool countBytes(const moe_rt_tensor &tensor, size_t &bytes) {
  bytes = moe_rt_type_size(tensor.type);
  for (uint32_t i = 0; i < tensor.rank; ++i)
    if (__builtin_mul_overflow(bytes, static_cast<size_t>(tensor.shape[i]), &bytes))
      return false;
  return bytes < static_cast<size_t>(1) << 62;
}

static std::string readElements(FILE *file, Array &array) {
  size_t bytes;
  if (!countBytes(array.tensor, bytes))
    return "malformed: " + typeText(array.tensor) + " is larger than any file";
  // Before memory is taken for what a header only claims.
  struct stat status;
  off_t start = ftello(file);
  bool regular = !fstat(fileno(file), &status) && S_ISREG(status.st_mode) && start >= 0;
  size_t found = regular ? static_cast<size_t>(status.st_size - start) : bytes;
  if (found == bytes) {
    array.data.reset(aligned_alloc(64, (bytes + 64) / 64 * 64));
    if (!array.data)
      return format("out of memory for %zu bytes", bytes);
    found = fread(array.data.get(), 1, bytes, file);
  }
  if (found != bytes)
    return format("malformed: expected %zu bytes of elements for %s, found %zu", bytes,
                  typeText(array.tensor).c_str(), found);
  return "";
}

std::string run::readNpy(const std::string &path, Array &array) {
  File file(fopen(path.c_str(), "rbe"));
  if (!file)
    return format("cannot open: %s", strerror(errno));
  struct stat status;
  if (!fstat(fileno(file.get()), &status) && S_ISDIR(status.st_mode))
    return "cannot read: is a folder";
  std::string header, error = readHeader(file.get(), header);
  if (error.empty())
    error = parseNpyHeader(header, array.tensor);
  if (error.empty())
    error = readElements(file.get(), array);
  if (!error.empty())
    return error;
  array.tensor.data = array.data.get();
  // Generated code counts on 0 and 1.
  if (array.tensor.type == MOE_RT_BOOL)
    for (int64_t i = 0, n = countElements(array.tensor); i < n; ++i) {
      unsigned char &value = static_cast<unsigned char *>(array.data.get())[i];
      value = value != 0;
    }
  return "";
}

static std::string makeHeader(const moe_rt_tensor &tensor) {
  uint32_t type = fileType(tensor.type);
  std::string code;
  for (const TypeRow &row : typeRows)
    if (static_cast<uint32_t>(row.type) == type)
      code = row.code;
  std::string shape;
  for (uint32_t i = 0; i < tensor.rank; ++i)
    shape += std::to_string(tensor.shape[i]) + (tensor.rank == 1 ? "," : "") +
             (i + 1 < tensor.rank ? ", " : "");
  std::string header = std::string("{'descr': '") + (moe_rt_type_size(type) == 1 ? "|" : "<") +
                       code + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Ten bytes stand before it; elements begin at a multiple of 64.
  while ((10 + header.size() + 1) % 64)
    header += ' ';
  header += '\n';
  std::string start("\x93NUMPY\x01\x00", 8);
  start += static_cast<char>(header.size() & 0xff);
  start += static_cast<char>(header.size() >> 8);
  return start + header;
}

std::string run::writeNpy(const std::string &path, const moe_rt_tensor &tensor) {
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  std::string aside = folder + ".moe-run-" + std::to_string(getpid()) + ".tmp";
  File file(fopen(aside.c_str(), "wbxe"));
  if (!file)
    return format("cannot write: %s", strerror(errno));
  std::string header = makeHeader(tensor);
  size_t bytes = static_cast<size_t>(countElements(tensor)) * moe_rt_type_size(tensor.type);
  bool good = fwrite(header.data(), 1, header.size(), file.get()) == header.size() &&
              (!bytes || fwrite(tensor.data, 1, bytes, file.get()) == bytes) && !fflush(file.get());
  if (good && !rename(aside.c_str(), path.c_str()))
    return "";
  std::string reason = strerror(errno);
  unlink(aside.c_str());
  return "cannot write: " + reason;
}
