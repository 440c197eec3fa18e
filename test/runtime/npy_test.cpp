//===- npy_test.cpp - .npy files in and out -------------------------------===//

#include "tools/run/npy.h"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace moe::run;

namespace {
/// A file that goes with the test.
struct TemporaryFile {
  TemporaryFile() : path(testing::TempDir() + "npy_test-" + std::to_string(getpid()) + ".npy") {}
  ~TemporaryFile() { unlink(path.c_str()); }
  void write(const std::string &bytes) { std::ofstream(path, std::ios::binary) << bytes; }
  std::string read() {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  std::string path;
};
} // namespace

static std::string parse(const std::string &header) {
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  return parseNpyHeader(header, tensor);
}

static std::string file(const std::string &version, const std::string &header,
                        const std::string &elements) {
  std::string length = {static_cast<char>(header.size()), '\0'};
  if (version[0] == 2)
    length += std::string(2, '\0');
  return "\x93NUMPY" + version + length + header + elements;
}

TEST(Npy, RoundTripOfEachTypeAndRank) {
  TemporaryFile temporary;
  const int64_t data[6] = {0x0102030405060708, -1, 3, 4, 5, 6};
  for (uint32_t type = 1; type <= 13; ++type) {
    if (!moe_rt_type_size(type) || type == MOE_RT_BOOL)
      continue;
    for (uint32_t rank = 0; rank <= 8; ++rank) {
      moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
      tensor.data = data;
      tensor.type = type;
      tensor.rank = rank;
      for (uint32_t i = 0; i < rank; ++i)
        tensor.shape[i] = i == 0 ? 3 : i == rank - 1 ? 2 : 1;
      ASSERT_EQ(writeNpy(temporary.path, tensor), "");
      Array array;
      ASSERT_EQ(readNpy(temporary.path, array), "");
      EXPECT_EQ(array.tensor.type, type);
      ASSERT_EQ(array.tensor.rank, rank);
      size_t count = 1;
      for (uint32_t i = 0; i < rank; ++i) {
        EXPECT_EQ(array.tensor.shape[i], tensor.shape[i]);
        count *= static_cast<size_t>(tensor.shape[i]);
      }
      EXPECT_EQ(memcmp(array.tensor.data, data, count * moe_rt_type_size(type)), 0);
    }
  }
}

TEST(Npy, WritesWhatNumPyWrites) {
  TemporaryFile temporary;
  const uint16_t data[2] = {0x3f80, 0x4000};
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  tensor.data = data;
  tensor.type = MOE_RT_BFLOAT16; // which NumPy lacks
  tensor.rank = 1;
  tensor.shape[0] = 2;
  ASSERT_EQ(writeNpy(temporary.path, tensor), "");
  std::string header = "{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }";
  header.resize(117, ' ');
  EXPECT_EQ(temporary.read(),
            file(std::string("\x01\x00", 2), header + "\n", std::string("\x80\x3f\x00\x40", 4)));
}

TEST(Npy, ReadsVersion2AndNormalisesBool) {
  TemporaryFile temporary;
  temporary.write(file(std::string("\x02\x00", 2),
                       "{'shape': (3,), \"descr\": '|b1', 'fortran_order': True}\n",
                       std::string("\x00\x01\x07", 3)));
  Array array;
  ASSERT_EQ(readNpy(temporary.path, array), "");
  EXPECT_EQ(memcmp(array.tensor.data, "\x00\x01\x01", 3), 0);
}

TEST(Npy, RefusesWhatIsNoNpyFile) {
  TemporaryFile temporary;
  std::string v1("\x01\x00", 2), header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
  struct {
    std::string bytes, problem;
  } rows[] = {
      {"", "malformed: does not begin as a .npy file does (magic number)"},
      {std::string("\x93NUMPX\x01\x00\x10\x00", 10),
       "malformed: does not begin as a .npy file does (magic number)"},
      {file(std::string("\x03\x00", 2), header, ""),
       "unsupported: version 3.0 of the format, expected 1.0 or 2.0"},
      {file(v1, header, "").substr(0, 30), "malformed: ends in the header"},
      {file(v1, header, "1234567"),
       "malformed: expected 8 bytes of elements for float32[2], found 7"},
      {file(v1, header, "123456789"),
       "malformed: expected 8 bytes of elements for float32[2], found 9"},
      {file(v1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", ""),
       "malformed: float32[4611686018427387904, 4] is larger than any file"},
  };
  for (const auto &row : rows) {
    temporary.write(row.bytes);
    Array array;
    EXPECT_EQ(readNpy(temporary.path, array), row.problem);
  }
  Array array;
  EXPECT_EQ(readNpy("/nonexistent", array), "cannot open: No such file or directory");
  EXPECT_EQ(readNpy("/tmp", array), "cannot read: is a folder");
}

TEST(Npy, Headers) {
  const std::string malformed =
      "malformed: the header is no dictionary of descr, fortran_order and "
      "shape";
  EXPECT_EQ(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (), }   \n"), "");
  EXPECT_EQ(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L)}"), "");
  EXPECT_EQ(parse("{'descr': '<V2', 'fortran_order': False, 'shape': (3,)}"), "");
  EXPECT_EQ(parse("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4)}"),
            "unsupported: Fortran order; save numpy.ascontiguousarray(array)");
  EXPECT_EQ(parse("{'descr': '>f4', 'fortran_order': False, 'shape': ()}"),
            "unsupported: big-endian elements ('>f4'); save a little-endian array");
  EXPECT_EQ(parse("{'descr': '<c8', 'fortran_order': False, 'shape': ()}"),
            "unsupported: element type '<c8', expected one of b1, i1, i2, i4, i8, u1, u2, u4, u8, "
            "f2, f4, f8");
  EXPECT_EQ(parse("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}"),
            "unsupported: records (a structured element type)");
  EXPECT_EQ(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}"),
            "unsupported: more than 8 dimensions");
  for (const char *header :
       {"", "{", "{}", "{'descr': '<f4', 'shape': ()}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'shape': (3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x", "{'descr': '<f4"})
    EXPECT_EQ(parse(header), malformed) << header;
}

TEST(Npy, LeavesNothingWhereWritingFails) {
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  tensor.type = MOE_RT_UINT8;
  tensor.rank = 1;
  EXPECT_EQ(writeNpy("/nonexistent/x.npy", tensor), "cannot write: No such file or directory");
  std::string folder = testing::TempDir() + "npy_test-" + std::to_string(getpid());
  ASSERT_EQ(system(("mkdir -p " + folder + "/x.npy/full").c_str()), 0);
  EXPECT_NE(writeNpy(folder + "/x.npy", tensor), "");
  EXPECT_EQ(system(("rm -r " + folder + "/x.npy && rmdir " + folder).c_str()), 0);
}
