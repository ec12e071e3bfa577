#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memwall/workload/lower.hpp"
#include "memwall/workload/trace.hpp"
#include "workload/layer.hpp"

/// Builds a trace operator by operator; every layer kind is lowered through it.
namespace memwall::workload {

/// The routed experts inside which a layer is lowered.
struct ExpertContext {
  double experts = 1;  ///< how many there are: weights exist so often
  double active = 1;   ///< how many have work in one execution
};

/// Names that have been given, each once.
class Names {
 public:
  /// The name, or the name with the first number that makes it new; it is taken from then on.
  std::string take(const std::string& name);

  /// How many have been taken, and forgetting those from a number on.
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  void forget_from(std::size_t first);

 private:
  std::map<std::string, int, std::less<>> asked_;  ///< how often each was asked for
  std::vector<std::string> order_;
};

/// A model beyond this is refused: it would take minutes and gigabytes, and no real one comes near.
inline constexpr std::size_t most_operators = 100'000;

class Builder {
 public:
  explicit Builder(const LoweringOptions& options) : options_(options) {
    trace_.phase = options.phase;
    trace_.batch = static_cast<double>(options.batch);
  }

  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] const Trace& trace() const { return trace_; }
  [[nodiscard]] const LoweringOptions& options() const { return options_; }
  [[nodiscard]] bool training() const { return options_.phase == Phase::training; }
  [[nodiscard]] bool decoding() const { return options_.phase == Phase::decode; }
  /// A copy: tensors move when more are made.
  [[nodiscard]] Shape shape(TensorId id) const { return trace_.tensor(id).shape; }

  /// An input of the model; `once`: read once, before a decoder starts.
  TensorId input(Tensor tensor, bool once);

  /// A tensor of its own storage. Throws BadInput at `layer` where it has more than 2^53 elements, or where
  /// the model has become too large.
  TensorId tensor(const Layer& layer, std::string_view role, Shape shape,
                  ElementType type = ElementType::activation);

  /// A weight of this layer; one that carries a `weights:` name is found again under it.
  WeightId weight(const Layer& layer, std::string_view role, Weight made);

  /// Appends an operator named after the layer (and `role`, where not empty) and settles its gradients.
  Operator& add(const Layer& layer, std::string_view role, Operator op);

  /// An element-wise operator from `input` to a new tensor of the same shape and division.
  TensorId elementwise(const Layer& layer, std::string_view role, OperatorKind kind, TensorId input,
                       VectorWork work, std::vector<TensorId> kept);

  /// A new name for the same memory under another shape: flatten, select the axes differently.
  TensorId view(const Layer& layer, TensorId input, Shape shape);

  /// Some features of `whole`, read where they stand: no bytes move, and all of it stays alive as long as
  /// they do.
  TensorId part(const Layer& layer, std::string_view role, TensorId whole, std::int64_t features);

  /// Whether a tensor comes from inputs alone that are read once: a decode step finds it done.
  [[nodiscard]] bool once(TensorId id) const;
  void set_once(TensorId id, bool value) { once_[static_cast<std::size_t>(id)] = value ? 1 : 0; }

  /// Into a tensor-parallel region (once for all readers of `input`), and out of it.
  TensorId enter_tensor(const Layer& layer, TensorId input);
  TensorId leave_tensor(const Layer& layer, TensorId partial);

  // Paths of names: "decoder.attention". A second layer of the same name beside it becomes "attention_2", so
  // that every tensor, weight and operator has a name of its own.
  void push_name(const std::string& name);
  void pop_name() { path_.pop_back(); }
  [[nodiscard]] std::string path() const;

  // Where lowering stands; set and restored by the structure layers.
  int segment = none;
  int repeat = none;
  bool head = false;
  bool shared_weights = false;  ///< inside a repeat whose iterations share one set
  std::optional<ExpertContext> experts;
  std::map<std::string, TensorId, std::less<>> named;  ///< tensors that `from` and joins can name

  [[nodiscard]] int new_segment() { return segments_++; }

  /// What has been entered into a tensor-parallel region, and as which tensor; an iteration's is its own.
  std::map<TensorId, TensorId> entered;

  // Named weights: names given inside a repeated block are its own.
  using WeightSets = std::map<std::string, WeightId, std::less<>>;
  WeightSets weight_sets;
  /// While not empty: weights that are to be used again in order, instead of new ones (shared_weights).
  std::vector<WeightId>* reuse = nullptr;
  std::size_t reuse_next = 0;
  /// While not null: every weight made or used is noted here in order.
  std::vector<WeightId>* record = nullptr;

  /// The sizes of the trace, to return to where folding a block turns out impossible.
  struct Mark {
    std::size_t tensors, weights, operators, repeats, outputs;
    int segments;
    WeightSets weight_sets;
    std::map<TensorId, TensorId> entered;
    std::size_t names, paths;
    std::size_t recorded, reuse_next;
  };
  [[nodiscard]] Mark mark() const;
  void return_to(const Mark& mark);

  /// Makes a name not used before in this trace, by a number at its end.
  std::string unique(const std::string& name);

 private:
  [[noreturn]] static void too_large(const Layer& layer);
  void use_again(WeightId id, const Weight& made);
  /// A name of its own for memory of `input`.
  TensorId alias(const Layer& layer, std::string_view role, TensorId input, Shape shape);

  LoweringOptions options_;
  Trace trace_;
  std::vector<std::string> path_;
  Names names_;             ///< of operators
  Names paths_;             ///< of layers
  std::vector<char> once_;  ///< of each tensor of its own storage
  int segments_ = 0;
};

/// A product of counts, such as heads x head size. Throws BadInput at `layer` where it is more than 2^53.
[[nodiscard]] std::int64_t product_of(const Layer& layer, std::string_view what,
                                      std::initializer_list<std::int64_t> factors);

/// Restores a value at the end of a scope.
template <class T>
class Restore {
 public:
  explicit Restore(T& place) : place_(place), before_(place) {}
  Restore(T& place, T now) : place_(place), before_(std::exchange(place, std::move(now))) {}
  ~Restore() { place_ = std::move(before_); }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  T& place_;
  T before_;
};

}  // namespace memwall::workload
