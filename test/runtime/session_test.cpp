//===- session_test.cpp - Binding, running, reading -----------------------===//

#include "demo_artifact.h"
#include "loaded.h"

#include <gtest/gtest.h>
#include <thread>

using namespace moe::test;

namespace {
/// A session of the demo model, and the values it is tried with.
struct Demo {
  explicit Demo(moe_rt_model *model, uint32_t threads = 1) {
    moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
    options.threads = threads;
    open(model, options);
  }
  Demo(moe_rt_model *model, const moe_rt_session_options &options) { open(model, options); }

  void open(moe_rt_model *model, const moe_rt_session_options &options) {
    moe_rt_session *created = nullptr;
    EXPECT_EQ(moe_rt_session_create(model, &options, &created, &error), MOE_RT_OK) << error.message;
    session.reset(created);
  }
  moe_rt_status bind(size_t input, const moe_rt_tensor &tensor) {
    return moe_rt_session_bind(session.get(), input, &tensor, &error);
  }
  moe_rt_status run() { return moe_rt_session_run(session.get(), &error); }
  /// Keeps the values, as outputs and later runs may read them.
  moe_rt_status run(const std::vector<float> &newX, const std::vector<int64_t> &newKeep) {
    x = newX;
    keep = newKeep;
    int64_t tokens = static_cast<int64_t>(keep.size());
    bind(0, makeTensor(MOE_RT_FLOAT32, x.data(), {tokens, 4}));
    bind(1, makeTensor(MOE_RT_INT64, keep.data(), {tokens}));
    return run();
  }
  moe_rt_tensor output(size_t index) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    EXPECT_EQ(moe_rt_session_output(session.get(), index, &tensor), MOE_RT_OK);
    return tensor;
  }

  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  std::unique_ptr<moe_rt_session, Free> session;
  std::vector<float> x;
  std::vector<int64_t> keep;
};
} // namespace

static moe_rt_model *demoModel() {
  static Loaded loaded(writeArtifact(demoSections()));
  return loaded.model.get();
}

static std::vector<float> floats(const moe_rt_tensor &tensor) {
  const float *data = static_cast<const float *>(tensor.data);
  return std::vector<float>(data, data + tensor.shape[0] * tensor.shape[1]);
}

/// Rows without a pattern, all below 1000.
static std::vector<float> makeRows(size_t tokens) {
  std::vector<float> x(tokens * 4);
  uint32_t state = 1;
  for (float &value : x)
    value = static_cast<float>((state = state * 1664525 + 1013904223) >> 16) / 128 - 200;
  return x;
}

TEST(Session, ComputesOutputs) {
  Demo demo(demoModel());
  ASSERT_EQ(demo.run({1, 2, 3, 4, -1, 5, 0, 0}, {7, 8}), MOE_RT_OK) << demo.error.message;
  // 0.75 * 4 + 0.25 * 3 of the first row; 0.75 * 2 of the second, which drops a slot.
  EXPECT_EQ(floats(demo.output(0)), (std::vector<float>{3.75, 7.5, 11.25, 15, -1.5, 7.5, 0, 0}));
  moe_rt_tensor kept = demo.output(1);
  EXPECT_EQ(kept.type, static_cast<uint32_t>(MOE_RT_INT64));
  EXPECT_EQ(kept.rank, 1u);
  // An output may be an input's own data.
  EXPECT_EQ(kept.data, demo.keep.data());
}

TEST(Session, RunsWithoutTokens) {
  Demo demo(demoModel(), 2);
  ASSERT_EQ(demo.bind(0, makeTensor(MOE_RT_FLOAT32, nullptr, {0, 4})), MOE_RT_OK);
  ASSERT_EQ(demo.bind(1, makeTensor(MOE_RT_INT64, nullptr, {0})), MOE_RT_OK);
  ASSERT_EQ(demo.run(), MOE_RT_OK) << demo.error.message;
  EXPECT_EQ(demo.output(0).shape[0], 0);
}

TEST(Session, SameBitsForAnyNumberOfThreads) {
  std::vector<float> x = makeRows(1000);
  std::vector<int64_t> keep(1000);
  Demo one(demoModel(), 1);
  ASSERT_EQ(one.run(x, keep), MOE_RT_OK);
  for (uint32_t threads : {2, 3, 8}) {
    Demo many(demoModel(), threads);
    for (int run = 0; run < 20; ++run) {
      ASSERT_EQ(many.run(x, keep), MOE_RT_OK);
      ASSERT_EQ(floats(many.output(0)), floats(one.output(0)));
    }
  }
}

TEST(Session, DefaultsToTheCoresOfTheProcess) {
  moe_rt_session *session = nullptr;
  ASSERT_EQ(moe_rt_session_create(demoModel(), nullptr, &session, nullptr), MOE_RT_OK);
  moe_rt_session_free(session);
}

TEST(Session, NamesTheInputThatDoesNotFit) {
  Demo demo(demoModel());
  float x[8] = {};
  struct {
    moe_rt_tensor tensor;
    const char *message;
  } rows[] = {
      {makeTensor(MOE_RT_FLOAT64, x, {1, 4}),
       "input 'x': expected float32[tokens, 4], found float64[1, 4]"},
      {makeTensor(MOE_RT_FLOAT32, x, {4}),
       "input 'x': expected float32[tokens, 4], found float32[4]"},
      {makeTensor(MOE_RT_FLOAT32, x, {1, 5}),
       "input 'x': expected float32[tokens, 4], found float32[1, 5]"},
      {makeTensor(MOE_RT_FLOAT32, x, {-1, 4}),
       "input 'x': expected float32[tokens, 4], found float32[-1, 4]"},
      {makeTensor(MOE_RT_FLOAT32, nullptr, {1, 4}), "input 'x': has no data"},
      {makeTensor(MOE_RT_FLOAT32, reinterpret_cast<char *>(x) + 2, {1, 4}),
       "input 'x': its data is not aligned to the 4 bytes of an element"},
      {makeTensor(MOE_RT_FLOAT32, x, {INT64_MAX, 4}),
       "input 'x': its size in bytes does not fit 63 bits"},
  };
  for (const auto &row : rows) {
    EXPECT_EQ(demo.bind(0, row.tensor), MOE_RT_INVALID_INPUT) << row.message;
    EXPECT_STREQ(demo.error.message, row.message);
  }
  EXPECT_EQ(demo.bind(2, rows[0].tensor), MOE_RT_INVALID_ARGUMENT);
}

TEST(Session, NamesTheInputThatIsMissing) {
  Demo demo(demoModel());
  float x[4] = {};
  ASSERT_EQ(demo.bind(0, makeTensor(MOE_RT_FLOAT32, x, {1, 4})), MOE_RT_OK);
  EXPECT_EQ(demo.run(), MOE_RT_INVALID_INPUT);
  EXPECT_STREQ(demo.error.message, "input 'keep/this': nothing is bound to it");
}

TEST(Session, SymbolsAreEqualInARun) {
  Demo demo(demoModel());
  float x[12] = {};
  int64_t keep[2] = {};
  ASSERT_EQ(demo.bind(0, makeTensor(MOE_RT_FLOAT32, x, {3, 4})), MOE_RT_OK);
  ASSERT_EQ(demo.bind(1, makeTensor(MOE_RT_INT64, keep, {2})), MOE_RT_OK);
  EXPECT_EQ(demo.run(), MOE_RT_INVALID_INPUT);
  EXPECT_STREQ(demo.error.message,
               "input 'keep/this': dimension 0 ('tokens') is 2, but dimension 0 "
               "of input 'x' says that 'tokens' is 3");
}

TEST(Session, AFailedRunLeavesNoOutputsAndCanBeFollowed) {
  Demo demo(demoModel(), 2);
  ASSERT_EQ(demo.run({1, 2, 3, 4}, {0}), MOE_RT_OK);
  EXPECT_EQ(demo.run({1000, 0, 0, 0}, {0}), MOE_RT_RUN_FAILED);
  EXPECT_STREQ(demo.error.message, "run: the first number must be below 1000");
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  EXPECT_EQ(moe_rt_session_output(demo.session.get(), 0, &tensor), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(demo.run({1, 2, 3, 4}, {0}), MOE_RT_OK);
  // The same where the inputs do not fit each other.
  float x[8] = {};
  ASSERT_EQ(demo.bind(0, makeTensor(MOE_RT_FLOAT32, x, {2, 4})), MOE_RT_OK);
  EXPECT_EQ(demo.run(), MOE_RT_INVALID_INPUT);
  EXPECT_EQ(moe_rt_session_output(demo.session.get(), 0, &tensor), MOE_RT_INVALID_ARGUMENT);
}

TEST(Session, ObservesWhatWasAskedFor) {
  Demo demo(demoModel());
  ASSERT_EQ(moe_rt_session_observe(demo.session.get(), 2, 1, &demo.error), MOE_RT_OK);
  ASSERT_EQ(demo.run({1, 2, 3, 4, -1, 5, 0, 0}, {0, 0}), MOE_RT_OK);
  moe_rt_tensor experts = MOE_RT_INIT(moe_rt_tensor);
  ASSERT_EQ(moe_rt_session_observation(demo.session.get(), 2, &experts), MOE_RT_OK);
  EXPECT_EQ(experts.type, static_cast<uint32_t>(MOE_RT_INT32));
  const int32_t *ids = static_cast<const int32_t *>(experts.data);
  EXPECT_EQ(std::vector<int32_t>(ids, ids + 4), (std::vector<int32_t>{3, 2, 1, -1}));
  EXPECT_EQ(moe_rt_session_observation(demo.session.get(), 3, &experts), MOE_RT_INVALID_ARGUMENT);
  ASSERT_EQ(moe_rt_session_observe(demo.session.get(), 2, 0, &demo.error), MOE_RT_OK);
  ASSERT_EQ(demo.run(), MOE_RT_OK);
  EXPECT_EQ(moe_rt_session_observation(demo.session.get(), 2, &experts), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_session_observe(demo.session.get(), 5, 1, &demo.error), MOE_RT_INVALID_ARGUMENT);
}

// What the compiler promised and its code did not keep is never given out.
TEST(Session, AnOutputOfAnotherShapeIsOurFault) {
  for (const std::vector<int64_t> &sizes : {std::vector<int64_t>{-1, 5}, {-1}, {-1, 4, 1}}) {
    DemoOptions options;
    options.outputSizes = sizes;
    Loaded loaded(writeArtifact(demoSections(options)));
    Demo demo(loaded.model.get());
    EXPECT_EQ(demo.run({1, 2, 3, 4}, {0}), MOE_RT_INTERNAL);
    EXPECT_STREQ(demo.error.message,
                 "output 'y': the code gave it another shape than the artifact says");
  }
}

TEST(Session, UsesTheHostsThreads) {
  struct Host {
    int64_t calls = 0, items = 0;
  } host;
  moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
  options.threads = 4;
  options.parallel_for_user = &host;
  options.parallel_for = [](void *user, int64_t items, int64_t grain,
                            void (*body)(void *, int64_t, int64_t), void *closure) {
    Host &host = *static_cast<Host *>(user);
    ++host.calls;
    for (int64_t begin = 0; begin < items; begin += grain) {
      int64_t end = begin + grain < items ? begin + grain : items;
      host.items += end - begin;
      body(closure, begin, end);
    }
  };
  Demo demo(demoModel(), options);
  ASSERT_EQ(demo.run(makeRows(40), std::vector<int64_t>(40)), MOE_RT_OK);
  EXPECT_EQ(host.calls, 1);
  EXPECT_EQ(host.items, 40);
}

TEST(Session, OutlivesTheModelsHandle) {
  Loaded loaded(writeArtifact(demoSections()));
  Demo demo(loaded.model.get(), 2);
  loaded.model.reset();
  EXPECT_EQ(demo.run({1, 2, 3, 4}, {0}), MOE_RT_OK);
}

// Libraries are known by their path: each model must get its own, also after others were unloaded.
TEST(Session, ManyModelsAtOnce) {
  std::string artifact = writeArtifact(demoSections());
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Loaded>> models;
    for (int i = 0; i < 8; ++i)
      models.push_back(std::make_unique<Loaded>(artifact));
    models.erase(models.begin() + 2, models.begin() + 5);
    for (auto &loaded : models) {
      ASSERT_EQ(loaded->status, MOE_RT_OK) << loaded->message();
      Demo demo(loaded->model.get());
      ASSERT_EQ(demo.run({1, 2, 3, 4}, {0}), MOE_RT_OK);
      EXPECT_EQ(floats(demo.output(0))[0], 3.75f);
    }
  }
}

TEST(Session, ManyThreadsRunOneModel) {
  std::vector<float> x = makeRows(64);
  std::vector<int64_t> keep(64);
  Demo alone(demoModel());
  ASSERT_EQ(alone.run(x, keep), MOE_RT_OK);
  std::vector<float> expected = floats(alone.output(0));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      Demo demo(demoModel(), 2);
      for (int run = 0; run < 100; ++run)
        wrong += demo.run(x, keep) != MOE_RT_OK || floats(demo.output(0)) != expected;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Session, Arguments) {
  moe_rt_session *session = nullptr;
  EXPECT_EQ(moe_rt_session_create(nullptr, nullptr, &session, nullptr), MOE_RT_INVALID_ARGUMENT);
  moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
  options.threads = 1u << 20;
  EXPECT_EQ(moe_rt_session_create(demoModel(), &options, &session, nullptr),
            MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(moe_rt_session_run(nullptr, nullptr), MOE_RT_INVALID_ARGUMENT);
  moe_rt_session_free(nullptr);
}
