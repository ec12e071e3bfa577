#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "memwall/config/problem.hpp"

namespace memwall::config {

/// What BadInput says when `action` throws it; fails the test where it throws nothing.
template <class Action>
std::string mistake(Action&& action) {
  try {
    action();
  } catch (const BadInput& error) {
    return error.what();
  }
  FAIL("expected a BadInput");
  return {};
}

}  // namespace memwall::config
