// Loads TensorFlow's framework library with stderr redirected: while the library loads, it prints messages for its developers,
// before any setting can silence them. Errors are ignored, because loading tfjs-node's addon reports them afterwards.
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
  const int originalStderr = dup(STDERR_FILENO);
  const int devNull = open("/dev/null", O_WRONLY);
  if (originalStderr >= 0 && devNull >= 0) dup2(devNull, STDERR_FILENO);
  dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  if (originalStderr >= 0) dup2(originalStderr, STDERR_FILENO);
  close(originalStderr);
  close(devNull);
}

}  // namespace

NAPI_MODULE_INIT() {
  loadQuietly(ownFolder() + "/" + FRAMEWORK_LIBRARY);
  return exports;
}
