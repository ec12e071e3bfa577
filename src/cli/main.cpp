#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "cli/command.hpp"

namespace {

/// Where a standard stream is closed (`memwall run ... >&-`) the next file that is opened would get its
/// number, and what is printed would go into that file. A stand-in that refuses to be read or written keeps
/// the place.
void keep_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    static_cast<void>(open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  return memwall::cli::run_program({argv + std::min(argc, 1), argv + argc});
}
