//===- cuda_profile.cpp - What each kernel takes --------------------------===//
//
// Events on the stream, before and after a launch; they are read when the run ends, or when all
// are in use.
//
//===----------------------------------------------------------------------===//

#include "cuda_session.h"

using namespace moe;
using namespace moe::cuda;

Timer *cuda::createTimer(const rt::Allocator &allocator) {
  return allocator.allocateArray<Timer>(1);
}

void cuda::destroyTimer(const rt::Allocator &allocator, const Driver &driver, Timer *timer) {
  if (!timer)
    return;
  for (Timer::Pair &pair : timer->pairs) {
    if (pair.begin)
      driver.cuEventDestroy(pair.begin);
    if (pair.end)
      driver.cuEventDestroy(pair.end);
  }
  allocator.releaseArray(timer, 1);
}

Outcome cuda::beginTiming(moe_rt_session &session, size_t kernel) {
  Session &cuda = *session.cuda;
  Timer &timer = *cuda.timer;
  if (timer.used == Timer::kPairs)
    if (Outcome outcome = collectTimes(session))
      return outcome;
  Timer::Pair &pair = timer.pairs[timer.used];
  if (!pair.begin)
    MOE_CUDA_TRY(cuda.driver, cuEventCreate, &pair.begin, kEventDefault);
  if (!pair.end)
    MOE_CUDA_TRY(cuda.driver, cuEventCreate, &pair.end, kEventDefault);
  pair.kernel = kernel;
  MOE_CUDA_TRY(cuda.driver, cuEventRecord, pair.begin, cuda.stream);
  return {};
}

Outcome cuda::endTiming(moe_rt_session &session) {
  Session &cuda = *session.cuda;
  MOE_CUDA_TRY(cuda.driver, cuEventRecord, cuda.timer->pairs[cuda.timer->used].end, cuda.stream);
  ++cuda.timer->used;
  return {};
}

Outcome cuda::collectTimes(moe_rt_session &session) {
  Session &cuda = *session.cuda;
  Timer &timer = *cuda.timer;
  size_t used = timer.used;
  timer.used = 0;
  MOE_CUDA_TRY(cuda.driver, cuStreamSynchronize, cuda.stream);
  for (size_t i = 0; i < used; ++i) {
    float milliseconds = 0;
    const Timer::Pair &pair = timer.pairs[i];
    MOE_CUDA_TRY(cuda.driver, cuEventElapsedTime, &milliseconds, pair.begin, pair.end);
    session.profile[pair.kernel].microseconds += 1000 * static_cast<double>(milliseconds);
    ++session.profile[pair.kernel].count;
  }
  return {};
}

Outcome cuda::beginRunTiming(Session &cuda) {
  if (!cuda.timesRuns)
    return {};
  if (!cuda.runBegin)
    MOE_CUDA_TRY(cuda.driver, cuEventCreate, &cuda.runBegin, kEventDefault);
  if (!cuda.runEnd)
    MOE_CUDA_TRY(cuda.driver, cuEventCreate, &cuda.runEnd, kEventDefault);
  MOE_CUDA_TRY(cuda.driver, cuEventRecord, cuda.runBegin, cuda.stream);
  return {};
}

Outcome cuda::endRunTiming(Session &cuda) {
  if (cuda.timesRuns)
    MOE_CUDA_TRY(cuda.driver, cuEventRecord, cuda.runEnd, cuda.stream);
  return {};
}

Outcome cuda::readRunTime(moe_rt_session &session) {
  Session &cuda = *session.cuda;
  float milliseconds = 0;
  if (cuda.timesRuns)
    MOE_CUDA_TRY(cuda.driver, cuEventElapsedTime, &milliseconds, cuda.runBegin, cuda.runEnd);
  session.stats.microseconds = 1000 * static_cast<double>(milliseconds);
  return {};
}
