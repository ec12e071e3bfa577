#include "memwall/roofline/kernel.hpp"

#include "roofline/backward.hpp"
#include "roofline/forward.hpp"
#include "roofline/fusion.hpp"

namespace memwall::roofline {

std::string_view to_text(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return "forward";
    case Pass::backward:
      return "backward";
    case Pass::optimizer:
      return "optimizer";
  }
  return "?";
}

std::string_view to_text(Fusion fusion) { return fusion == Fusion::none ? "none" : "elementwise"; }

std::string_view to_text(Content content) {
  switch (content) {
    case Content::activation:
      return "activation";
    case Content::gradient:
      return "gradient";
    case Content::weight:
      return "weight";
    case Content::weight_gradient:
      return "weight gradient";
    case Content::master:
      return "master weight";
    case Content::optimizer_state:
      return "optimizer state";
    case Content::cache:
      return "cache";
    case Content::index:
      return "index";
    case Content::mask:
      return "mask";
    case Content::statistic:
      return "statistic";
    case Content::input:
      return "input";
  }
  return "?";
}

Flops Kernel::matrix() const {
  Flops sum;
  for (const Product& product : products) sum += product.flops();
  return sum;
}

Flops Kernel::vector() const {
  Flops sum;
  for (const ElementWork& work : elements) sum += work.flops();
  return sum;
}

Bytes Kernel::touched() const {
  Bytes sum;
  for (const Access& access : reads) sum += access.bytes();
  for (const Access& access : writes) sum += access.bytes();
  return sum;
}

std::vector<Kernel> kernels(const workload::Trace& trace, Pass pass, const plan::Recipe& recipe,
                            Fusion fusion) {
  if (pass == Pass::optimizer) return {};
  std::vector<Draft> drafts =
      pass == Pass::forward ? forward_drafts(trace, recipe) : backward_drafts(trace, recipe);
  if (fusion == Fusion::elementwise) return fuse(trace, pass, std::move(drafts));
  std::vector<Kernel> result;
  result.reserve(drafts.size());
  for (Draft& draft : drafts) result.push_back(std::move(draft.kernel));
  return result;
}

std::vector<Kernel> phase_kernels(const workload::Trace& trace, const plan::Recipe& recipe,
                                  const plan::Optimizer* optimizer, Fusion fusion) {
  std::vector<Kernel> all = kernels(trace, Pass::forward, recipe, fusion);
  if (trace.phase != workload::Phase::training) return all;
  for (Kernel& kernel : kernels(trace, Pass::backward, recipe, fusion)) all.push_back(std::move(kernel));
  if (optimizer != nullptr) all.push_back(optimizer_kernel(trace, recipe, *optimizer));
  return all;
}

}  // namespace memwall::roofline
