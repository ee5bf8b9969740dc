// Loaded into the client in front of GLFW: minimises its window on SIGUSR1, as a person would. Nobody outside a program
// can ask a Wayland compositor for that.
#include <dlfcn.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>

#include <GLFW/glfw3.h>

namespace {

GLFWwindow* window = nullptr;
volatile std::sig_atomic_t wanted = 0;

void want(int) { wanted = 1; }

template <typename Function>
Function* behind(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void minimise_if_wanted() {
  if (wanted == 0 || window == nullptr) return;
  wanted = 0;
  behind<void(GLFWwindow*)>("glfwIconifyWindow")(window);
  constexpr std::string_view kSaid = "minimised\n";
  if (write(STDERR_FILENO, kSaid.data(), kSaid.size()) < 0) std::abort();
}

[[gnu::constructor]] void listen() { std::signal(SIGUSR1, want); }

}  // namespace

extern "C" {
GLFWwindow* glfwCreateWindow(int width, int height, const char* title, GLFWmonitor* monitor, GLFWwindow* share) {
  window = behind<GLFWwindow*(int, int, const char*, GLFWmonitor*, GLFWwindow*)>("glfwCreateWindow")(
      width, height, title, monitor, share);
  return window;
}
void glfwWaitEventsTimeout(double seconds) {
  minimise_if_wanted();
  behind<void(double)>("glfwWaitEventsTimeout")(seconds);
}
void glfwPollEvents() {
  minimise_if_wanted();
  behind<void()>("glfwPollEvents")();
}
}
