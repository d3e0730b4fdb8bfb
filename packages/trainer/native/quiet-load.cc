// Loads TensorFlow's framework library with stderr redirected: while it loads, it prints messages for its developers, before
// any setting can silence them. An error of loading is reported when the addon is loaded next.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <string>

namespace {

std::string ownFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&ownFolder), &info) == 0) return ".";
  const std::string path = info.dli_fname;
  return path.substr(0, path.find_last_of('/'));
}

void loadQuietly(const std::string& library) {
  const int console = dup(STDERR_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  if (console >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  if (console >= 0) dup2(console, STDERR_FILENO);
  close(console);
  close(nowhere);
}

}  // namespace

NAPI_MODULE_INIT() {
  loadQuietly(ownFolder() + "/" + FRAMEWORK_LIBRARY);
  return exports;
}
