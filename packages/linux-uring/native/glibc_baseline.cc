// Lets an addon that a newer glibc's headers compiled load with glibc 2.28, as Node 20's own binaries do.
//
// glibc 2.32 and 2.34 moved the thread functions from libpthread into libc under new versions; the old
// versions are there in every glibc. The linker's --wrap sends all calls, those of the static libstdc++
// included, to these functions.
#include <pthread.h>
#include <signal.h>

#if defined(__x86_64__)
#define FIRST_VERSION "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define FIRST_VERSION "GLIBC_2.17"
#endif

extern "C" {

int first_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int first_join(pthread_t, void**);
int first_detach(pthread_t);
int first_trylock(pthread_mutex_t*);
int first_sigmask(int, const sigset_t*, sigset_t*);
__asm__(".symver first_create, pthread_create@" FIRST_VERSION);
__asm__(".symver first_join, pthread_join@" FIRST_VERSION);
__asm__(".symver first_detach, pthread_detach@" FIRST_VERSION);
__asm__(".symver first_trylock, pthread_mutex_trylock@" FIRST_VERSION);
__asm__(".symver first_sigmask, pthread_sigmask@" FIRST_VERSION);

// NOLINTBEGIN(bugprone-reserved-identifier): names that the linker and glibc chose
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                          void* argument) {
  return first_create(thread, attributes, run, argument);
}
int __wrap_pthread_join(pthread_t thread, void** result) { return first_join(thread, result); }
int __wrap_pthread_detach(pthread_t thread) { return first_detach(thread); }
int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex) { return first_trylock(mutex); }
int __wrap_pthread_sigmask(int how, const sigset_t* set, sigset_t* before) {
  return first_sigmask(how, set, before);
}

// New in 2.32, read by shared_ptr. False is always right: counts are then atomic.
extern char __libc_single_threaded;
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;
// NOLINTEND(bugprone-reserved-identifier)
}
