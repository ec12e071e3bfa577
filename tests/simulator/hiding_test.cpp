#include <catch2/catch.hpp>

#include "memwall/hardware/catalog.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/simulator/hiding.hpp"

using namespace memwall;
using simulator::Communication;
using simulator::Exchange;
using simulator::Half;

namespace {

const hardware::System& dgx() {
  static const hardware::System system =
      hardware::Catalog({std::string(MEMWALL_SOURCE_DIR)}).system("dgx-a100");
  return system;
}

Seconds cost(parallel::Collective collective, double bytes) {
  return parallel::cost(collective, Bytes(bytes), {4, 1}, dgx().tiers).time;
}

constexpr double message = 64e6;

/// One exchange of four devices beside two operators of so many seconds each.
simulator::Exposed left(Exchange exchange, parallel::Collective collective, Seconds each,
                        const plan::Overlap& overlap) {
  plan::Plan plan;
  (exchange == Exchange::tensor   ? plan.tensor
   : exchange == Exchange::expert ? plan.expert
                                  : plan.context) = 4;
  plan.overlap = overlap;
  const std::vector<Communication> one = {{exchange, collective, Bytes(message), 1, 0, 1, 3}};
  const std::vector<Seconds> computation = {Seconds(9), each, each, Seconds(9)};
  CHECK(exposed_in(Half::backward, one, computation, plan, dgx()).total() == Seconds(0));
  return exposed_in(Half::forward, one, computation, plan, dgx());
}

}  // namespace

TEST_CASE("without overlap all of an exchange is exposed", "[train][overlap]") {
  const plan::Overlap none{false, false, false, false, false};
  const Seconds gather = cost(parallel::Collective::all_gather, message);
  CHECK(left(Exchange::tensor, parallel::Collective::all_gather, Seconds(1), none).tensor == gather);
  CHECK(left(Exchange::context, parallel::Collective::all_gather, Seconds(1), none).context == gather);
}

TEST_CASE("tensor parallelism hides all but one piece behind the products beside it", "[train][overlap]") {
  const plan::Overlap overlap{.tensor = true};
  const Seconds all = cost(parallel::Collective::all_gather, message);
  const auto exposed = [&](Seconds each) {
    return left(Exchange::tensor, parallel::Collective::all_gather, each, overlap).tensor.value();
  };
  CHECK(exposed(Seconds(1)) == Approx((all / 4.0).value()));
  // Computation of a tenth of the exchange, in two operators: three quarters of it count.
  CHECK(exposed(0.05 * all) == Approx(((1 - 0.75 * 0.1) * all).value()));
}

TEST_CASE("a ring hides behind attention from its first part on", "[train][overlap]") {
  const Seconds all = cost(parallel::Collective::send_receive, message);
  const auto exposed = [&](Seconds each) {
    return left(Exchange::context, parallel::Collective::send_receive, each, {}).context.value();
  };
  CHECK(exposed(Seconds(1)) == 0);
  CHECK(exposed(0.25 * all) == Approx(((1 - 0.75 * 0.5) * all).value()));
}

TEST_CASE("tokens are cut into the number of pieces that leaves least exposed", "[train][overlap]") {
  const plan::Overlap overlap{.expert = true};
  const Seconds eighth = cost(parallel::Collective::all_to_all, message / 8);
  const Seconds exposed =
      left(Exchange::expert, parallel::Collective::all_to_all, Seconds(1), overlap).expert;
  CHECK(exposed.value() == Approx(eighth.value()));
}
