// Handling of allocation failures, and replacements for functions of the C++ library if a network is compiled without exceptions: by zig,
// which ships that library as source. Compiling it would take twenty times as long as compiling the network.
#ifndef STDPBENCH_BARE_H
#define STDPBENCH_BARE_H

#if defined(__cpp_exceptions)

#include <new>
#define RESIDENT_TRY try
#define RESIDENT_OUT_OF_MEMORY catch (const std::bad_alloc &)

#else

#define _LIBCPP_VERBOSE_ABORT(...) __builtin_abort()
#include <csetjmp>
#include <cstdlib>
#include <new>

// Jump target on allocation failure, set by functions that allocate; arrays keep the memory allocated before the failure.
static jmp_buf resident_no_memory;
#if defined(_WIN32)
#include <malloc.h>
#define RESIDENT_TRY if (_setjmp(resident_no_memory, nullptr) == 0)  // without a frame, the jump does not unwind the stack
#else
#define RESIDENT_TRY if (setjmp(resident_no_memory) == 0)
#endif
#define RESIDENT_OUT_OF_MEMORY else

void *operator new(size_t n, const std::nothrow_t &) noexcept { return std::malloc(n ? n : 1); }
void *operator new(size_t n)
{
    void *memory = std::malloc(n ? n : 1);
    if (!memory)
        longjmp(resident_no_memory, 1);
    return memory;
}
void *operator new(size_t n, std::align_val_t alignment)
{
    void *memory = nullptr;
#if defined(_WIN32)
    memory = _aligned_malloc(n ? n : 1, (size_t)alignment);
#else
    if (posix_memalign(&memory, (size_t)alignment, n ? n : 1))
        memory = nullptr;
#endif
    if (!memory)
        longjmp(resident_no_memory, 1);
    return memory;
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept
{
#if defined(_WIN32)
    _aligned_free(memory);
#else
    std::free(memory);
#endif
}
namespace std {
const nothrow_t nothrow{};
}

#endif
#endif
