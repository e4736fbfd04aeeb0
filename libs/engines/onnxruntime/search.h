// Where a libonnxruntime may be.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slipway::engines {

// What the search looks at; tests give their own.
struct Surroundings {
  std::string chosen;                                 // by SLIPWAY_ONNXRUNTIME
  std::string virtual_environment;                    // by VIRTUAL_ENV
  std::string path;                                   // by PATH
  std::string library_path;                           // by LD_LIBRARY_PATH
  std::filesystem::path home;                         // by HOME
  std::filesystem::path folder;                       // where the program runs: its .venv counts
  std::vector<std::filesystem::path> system_folders;  // of libraries

  static Surroundings here();
};

struct Candidate {
  std::filesystem::path library;
  std::string why;  // "SLIPWAY_ONNXRUNTIME", "the pip package of /usr/bin/python3", "the system"
};

// Files that exist, in the order in which they are tried: SLIPWAY_ONNXRUNTIME alone where it is set
// (then also one that does not exist, so that a misspelling is told); the pip packages of the
// active virtual environment, of the interpreters on PATH, of ./.venv and of the user; the
// system's library folders, newest version first.
std::vector<Candidate> find_onnxruntime(const Surroundings& surroundings);

}  // namespace slipway::engines
