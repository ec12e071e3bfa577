#include "memwall/parallel/closed_form.hpp"

#include <algorithm>

namespace memwall::parallel {
namespace {

using plan::Schedule;

/// The symbols of docs/model.md: p stages of v chunks, m micro-batches; per chunk f forward, b all
/// of the backward, of which w weights' gradients; x one message.
struct Symbols {
  double p, v, m, f, b, w, x;
};

Symbols symbols_of(const UniformPipeline& pipeline) {
  return {.p = static_cast<double>(pipeline.stages),
          .v = static_cast<double>(pipeline.chunks),
          .m = static_cast<double>(pipeline.micro_batches),
          .f = pipeline.forward.value(),
          .b = (pipeline.input_gradient + pipeline.weight_gradient).value(),
          .w = pipeline.weight_gradient.value(),
          .x = pipeline.send.value()};
}

bool short_messages(const Symbols& s) { return s.x <= std::min(s.f, s.b); }

std::optional<double> gpipe_time(const Symbols& s, bool overlap) {
  const auto& [p, v, m, f, b, w, x] = s;
  if (!overlap) {
    if (v > 1 && m < p) return std::nullopt;
    return (m * v + p - 1) * (f + b + 2 * x) - 2 * x;
  }
  if (v == 1) return p * (f + b) + 2 * (p - 1) * x + (m - 1) * (std::max(f, x) + std::max(b, x));
  if (!short_messages(s)) return std::nullopt;
  const double rounds = std::max(0.0, p * (f + x) - m * f) + std::max(0.0, p * (b + x) - m * b);
  return (m * v + p - 1) * (f + b) + 2 * (p - 1) * x + (v - 1) * rounds;
}

std::optional<double> one_f_one_b_time(const UniformPipeline& pipeline, const Symbols& s) {
  const auto& [p, v, m, f, b, w, x] = s;
  const double compute = (m + p - 1) * (f + b);
  if (!pipeline.overlap) {
    if (p == 2) return compute + (m + 1) * x;
    return compute + (2 * (m + p - 1) - std::min(m, 2.0) - 1) * x;
  }
  if (!short_messages(s)) return std::nullopt;
  const std::int64_t whole_turns = (pipeline.micro_batches - 1 + pipeline.stages - 1) / pipeline.stages;
  const auto turns = static_cast<double>(whole_turns);
  return compute + 2 * (p + m - 2 - turns) * x;
}

std::optional<double> interleaved_time(const UniformPipeline& pipeline, const Symbols& s) {
  const auto& [p, v, m, f, b, w, x] = s;
  if (pipeline.micro_batches % pipeline.stages != 0) return std::nullopt;
  if (pipeline.overlap) {
    if (!short_messages(s)) return std::nullopt;
    return (m * v + p - 1) * (f + b) + 2 * (p * v - 1) * x;
  }
  if (p > 2 && (m + 1) * x > 2 * std::min(f, b)) return std::nullopt;
  return (m * v + p - 1) * (f + b + 2 * x) - (m + 1) * x;
}

/// The longest of three ways through the step: through most micro-batches' round trips; along stage 0; along
/// the last stage that has put off weight gradients.
std::optional<double> zero_bubble_time(const Symbols& s, bool overlap) {
  const auto& [p, v, m, f, all, w, x] = s;
  const double b = all - w;
  if (v != 1) return std::nullopt;
  if (x > 0 && (!overlap || 2 * x > w || x > std::min(f, b))) return std::nullopt;
  const double there_and_back = 2 * (p - 1) * x;
  const double trips = (m + p - 1) * (f + b) + std::max(1.0, m - p + 1) * w + there_and_back +
                       2 * std::max(0.0, std::min(m - 1, p) - 1) * x;
  const double first = std::max(p, m) * f + (p + m - 1) * b + m * w + there_and_back;
  const double stage = std::min(m, p) - 1;
  const double messages = m > p ? 3 * (p - 1) : (p - 1) + (p - 1 - stage) + 2 * std::max(0.0, stage - 1);
  const double last = (m + p - 1) * f + std::max(p, m) * b + m * w + messages * x;
  return std::max({trips, first, last});
}

}  // namespace

std::optional<Seconds> closed_form(const UniformPipeline& pipeline) {
  const Symbols s = symbols_of(pipeline);
  std::optional<double> time;
  if (pipeline.stages == 1) {
    time = s.m * s.v * (s.f + s.b);
  } else if (pipeline.schedule == Schedule::gpipe) {
    time = gpipe_time(s, pipeline.overlap);
  } else if (pipeline.schedule == Schedule::zero_bubble) {
    time = zero_bubble_time(s, pipeline.overlap);
  } else if (pipeline.chunks == 1) {
    time = one_f_one_b_time(pipeline, s);
  } else {
    time = interleaved_time(pipeline, s);
  }
  if (!time) return std::nullopt;
  return Seconds(*time);
}

double bubble_over_ideal(const UniformPipeline& pipeline) {
  const auto& [p, v, m, f, b, w, x] = symbols_of(pipeline);
  if (pipeline.schedule == Schedule::zero_bubble) return (p - 1) * (f + b - 2 * w) / (m * (f + b));
  return (p - 1) / (m * v);
}

}  // namespace memwall::parallel
