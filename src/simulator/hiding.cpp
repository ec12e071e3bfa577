#include "memwall/simulator/hiding.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "memwall/parallel/collective.hpp"
#include "memwall/parallel/overlap.hpp"
#include "memwall/simulator/groups.hpp"

namespace memwall::simulator {
namespace {

/// Exchanges that hide behind the same operators.
using Together = std::vector<const Communication*>;

double times_in(Half half, const Communication& c) { return half == Half::forward ? c.forward : c.backward; }

/// All of them, each message cut into so many.
Seconds time_of(const Together& together, Half half, std::int64_t pieces, const plan::Plan& plan,
                const hardware::System& system) {
  Seconds sum{0};
  for (const Communication* c : together) {
    const Bytes piece = c->bytes / static_cast<double>(pieces);
    const Seconds once = parallel::cost(c->collective, piece, group_of(c->exchange, plan), system.tiers).time;
    sum += times_in(half, *c) * static_cast<double>(pieces) * once;
  }
  return sum;
}

/// What is left where a piece of the communication and one of the computation alternate.
Seconds left(Seconds communication, Seconds computation, std::int64_t pieces) {
  return parallel::exposed({pieces, communication / static_cast<double>(pieces)}, computation, true);
}

Seconds exposed_tensor(Seconds communication, Seconds computation, const plan::Plan& plan) {
  return plan.overlap.tensor ? left(communication, computation, plan.tensor) : communication;
}

Seconds exposed_context(Seconds communication, Seconds computation, const plan::Plan& plan) {
  if (!plan.overlap.context || plan.context_exchange != plan::ContextExchange::ring) return communication;
  const auto parts = static_cast<double>(plan.context);
  return std::max(Seconds(0), communication - (parts - 1) / parts * computation);
}

/// Divides what a group leaves exposed among its collectives.
void add_waits(const Together& together, Half half, Seconds whole, Seconds left, const plan::Plan& plan,
               const hardware::System& system, Exposed& exposed) {
  if (left <= Seconds(0)) return;
  for (const Communication* c : together)
    exposed.waits.push_back({c, left * (time_of({c}, half, 1, plan, system) / whole)});
}

}  // namespace

Exposed exposed_in(Half half, const std::vector<Communication>& communications,
                   const std::vector<Seconds>& by_operator, const plan::Plan& plan,
                   const hardware::System& system) {
  std::map<std::tuple<Exchange, int, int>, Together> groups;
  for (const Communication& c : communications) {
    if (times_in(half, c) > 0) groups[{c.exchange, c.first, c.last}].push_back(&c);
  }
  Exposed exposed;
  std::vector<Seconds> left_over = by_operator;
  for (const auto& [key, together] : groups) {
    const auto& [exchange, first, last] = key;
    Seconds computation{0};
    for (int i = first; i < last; ++i) computation += left_over[static_cast<std::size_t>(i)];
    const Seconds whole = time_of(together, half, 1, plan, system);
    const Seconds before = exposed.total();
    switch (exchange) {
      case Exchange::tensor:
        exposed.tensor += exposed_tensor(whole, computation, plan);
        break;
      case Exchange::context:
        exposed.context += exposed_context(whole, computation, plan);
        break;
      case Exchange::expert: {
        Seconds least = whole;
        for (const std::int64_t pieces : {2, 4, 8}) {
          if (!plan.overlap.expert) break;
          least = std::min(least, left(time_of(together, half, pieces, plan, system), computation, pieces));
        }
        exposed.expert += least;
        break;
      }
    }
    add_waits(together, half, whole, exposed.total() - before, plan, system, exposed);
    const Seconds hidden = std::min(computation, std::max(Seconds(0), whole - (exposed.total() - before)));
    if (hidden <= Seconds(0)) continue;
    exposed.hidden += hidden;
    for (int i = first; i < last; ++i) left_over[static_cast<std::size_t>(i)] *= 1 - hidden / computation;
  }
  return exposed;
}

}  // namespace memwall::simulator
