#include <catch2/catch.hpp>

#include "memwall/plan/words.hpp"

using namespace memwall;
using namespace memwall::plan;

namespace {

template <class Word>
Word word(const std::string& text) {
  Word value{};
  read_word(text, {"--knob", 0, 0}, value);
  return value;
}

template <class Word>
std::string complaint(const std::string& text) {
  try {
    static_cast<void>(word<Word>(text));
  } catch (const config::BadInput& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("Words of knobs lead back to themselves", "[plan]") {
  for (const std::string& name : schedule_names()) CHECK(to_text(word<Schedule>(name)) == name);
  for (const std::string& name : cut_names()) CHECK(to_text(word<Cut>(name)) == name);
  for (const std::string& name : context_exchange_names())
    CHECK(to_text(word<ContextExchange>(name)) == name);
  for (const std::string& name : overlap_names()) CHECK(to_text(word<Overlap>(name)) == name);
  for (const char* name :
       {"none", "full", "full:8", "selective", "mlp.activation,normalization", "full:2,selective,softmax"})
    CHECK(to_text(word<Recompute>(name)) == name);
  CHECK(to_text(word<Overlap>("all")) == "all");
  CHECK(to_text(word<Overlap>("none")) == "none");
  CHECK(word<Overlap>("data,pipeline,context") == Overlap{});
}

TEST_CASE("Words mean what they say", "[plan]") {
  CHECK(word<Schedule>("zb-h1") == Schedule::zero_bubble);
  CHECK(word<Cut>("in-order") == Cut::in_order);
  CHECK(word<ContextExchange>("gather") == ContextExchange::gather);
  CHECK(word<int>("3") == 3);
  CHECK(word<Recompute>("full") == Recompute::full());
  CHECK(word<Recompute>("full:3") == Recompute::first_blocks(3));
  CHECK(word<Recompute>("b,a,b").operators == std::vector<std::string>{"a", "b"});
  const Overlap tensor = word<Overlap>("tensor");
  CHECK((tensor.tensor && !tensor.data && !tensor.pipeline && !tensor.expert && !tensor.context));
}

TEST_CASE("Words that are none name the nearest", "[plan]") {
  CHECK(complaint<Schedule>("1f2b") == "--knob: '1f2b' is not known; did you mean '1f1b'?");
  CHECK(complaint<int>("4") == "--knob: '4' is not known; known: 0, 1, 2, 3");
  CHECK(complaint<Overlap>("tensors") == "--knob: 'tensors' is not known; did you mean 'tensor'?");
  CHECK(complaint<Overlap>("data,all") == "--knob: 'data,all' is not known; 'all' and 'none' stand alone");
  CHECK(complaint<Recompute>("full:0") ==
        "--knob: 'full:0' is not known; expected a number of blocks of 1 or more, as in full:8");
  CHECK(complaint<Recompute>("none,full") ==
        "--knob: 'none,full' is not known; expected none|selective|full|full:BLOCKS|OPERATOR,...");
  CHECK_FALSE(complaint<Recompute>("").empty());
}
