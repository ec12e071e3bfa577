#include "results/units_shown.hpp"

#include <algorithm>
#include <array>

#include "memwall/units/text.hpp"

namespace memwall::results {
namespace {

struct Form {
  std::string_view unit;
  std::string (*print)(double value);
};

template <class Q>
std::string print(double value) {
  return memwall::to_text(Q(value));
}

constexpr std::array forms{Form{"B", print<Bytes>},
                           Form{"FLOP", print<Flops>},
                           Form{"s", print<Seconds>},
                           Form{"J", print<Joules>},
                           Form{"USD", print<Dollars>},
                           Form{"Hz", print<Hertz>},
                           Form{"B/s", print<BytesPerSecond>},
                           Form{"FLOP/s", print<FlopsPerSecond>},
                           Form{"FLOP/B", print<FlopsPerByte>},
                           Form{"W", print<Watts>}};

const Form* find(std::string_view unit) {
  const auto* form =
      std::find_if(forms.begin(), forms.end(), [unit](const Form& f) { return f.unit == unit; });
  return form == forms.end() ? nullptr : form;
}

}  // namespace

bool is_quantity_unit(std::string_view unit) { return find(unit) != nullptr; }

std::string quantity_text(double value, std::string_view unit) { return find(unit)->print(value); }

}  // namespace memwall::results
