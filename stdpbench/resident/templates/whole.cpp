{# The translation unit of a network. #}
// A Brian2 network that works on the arrays of the process that loaded it.
#include <algorithm>
#include <chrono>
#include <climits>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <new>
#include <random>
#include <string>
#include <vector>
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif
#include "brianlib/common_math.h"
#include "stdint_compat.h"
#include "cspikequeue.cpp"
{% for header in headers %}
#include {{header}}
{% endfor %}

namespace brian {

// An array of the process, which owns it.
template <typename T> struct View {
    T *values = nullptr;
    size_t n = 0;
    bool empty() const { return n == 0; }
    size_t size() const { return n; }
    T &operator[](size_t i) { return values[i]; }
};

// What a monitor has recorded since the process last took it: rows of equal length.
template <typename T> struct Rows {
    std::vector<T> values;
    size_t length = 0;
    void resize(size_t n, size_t m) { values.resize(n * (length = m)); }
    T &operator()(size_t i, size_t j) { return values[i * length + j]; }
};

// The spikes that are on their way to synapses; the queue is made anew only when delays or synapses have changed.
struct Pathway : CSpikeQueue {
    std::vector<char> delays_before;
    size_t n_before = 0;
    bool prepared = false;
    Pathway(int start, int stop) : CSpikeQueue(start, stop) {}
    template <typename T> void prepare(View<T> &delay, View<int32_t> &sources, double step)
    {
        const char *bytes = (const char *)delay.values;
        const size_t n_bytes = delay.n * sizeof(T);
        if (prepared && step == dt && sources.n == n_before && n_bytes == delays_before.size() &&
            std::equal(delays_before.begin(), delays_before.end(), bytes))
            return;
        CSpikeQueue::prepare(delay.values, (int)delay.n, sources.values, (int)sources.n, step);
        delays_before.assign(bytes, bytes + n_bytes);
        n_before = sources.n;
        prepared = true;
    }
};

// The numbers of Brian2's standalone mode, from the same seed.
struct RandomGenerator {
    std::mt19937 generator;
    double stored = 0;
    bool has_stored = false;
    void seed(unsigned long value)
    {
        generator.seed(value);
        has_stored = false;
    }
    double rand()
    {
        const long a = generator() >> 5, b = generator() >> 6;
        return (a * 67108864.0 + b) / 9007199254740992.0;
    }
    double randn()
    {
        if (has_stored) {
            has_stored = false;
            return stored;
        }
        double x1, x2, r2;
        do {
            x1 = 2.0 * rand() - 1.0;
            x2 = 2.0 * rand() - 1.0;
            r2 = x1 * x1 + x2 * x2;
        } while (r2 >= 1.0 || r2 == 0.0);
        const double f = sqrt(-2.0 * log(r2) / r2);
        stored = f * x1;
        has_stored = true;
        return f * x2;
    }
};
struct {
    RandomGenerator *only;
    RandomGenerator &operator[](int) { return *only; }
} _random_generators;

double *_constants;
{% for array in arrays %}
{% if array.kind == "fixed" %}
{{array.type}} *{{array.name}};
{% elif array.kind == "view" %}
View<{{array.type}}> {{array.name}};
{% elif array.kind == "rows" %}
Rows<{{array.type}}> {{array.name}};
{% else %}
std::vector<{{array.type}}> {{array.name}};
{% endif %}
{% endfor %}
{% for pathway in pathways %}
Pathway {{pathway.name}}({{pathway.start}}, {{pathway.stop}});
{% endfor %}

}  // namespace brian

{% for code in codes %}
namespace code_{{loop.index0}} {
{{code}}
}
{% endfor %}

{% include "flush_denormals.h" %}

extern "C" {

// Say where an array is.
void resident_bind(int32_t number, void *values, int64_t n)
{
    using namespace brian;
    switch (number) {
    case -1: _constants = (double *)values; break;
    case -2: _random_generators.only = (RandomGenerator *)values; break;
{% for array in arrays %}
{% if array.kind == "fixed" %}
    case {{loop.index0}}: {{array.name}} = ({{array.type}} *)values; break;
{% elif array.kind == "view" %}
    case {{loop.index0}}: {{array.name}}.values = ({{array.type}} *)values; {{array.name}}.n = n; break;
{% endif %}
{% endfor %}
    }
}

void resident_stop() {}  // destructors free the memory when the library is unloaded

// Return what a monitor has recorded in one of its arrays.
void *resident_recorded(int32_t number, int64_t *n)
{
    using namespace brian;
    switch (number) {
{% for array in arrays %}
{% if array.kind == "rows" %}
    case {{loop.index0}}: *n = {{array.name}}.values.size(); return {{array.name}}.values.data();
{% elif array.kind == "vector" %}
    case {{loop.index0}}: *n = {{array.name}}.size(); return {{array.name}}.data();
{% endif %}
{% endfor %}
    default: *n = 0; return nullptr;
    }
}

void resident_clear_recorded()
{
    using namespace brian;
{% for array in arrays %}
{% if array.kind == "rows" %}
    {{array.name}}.values.clear();
{% elif array.kind == "vector" %}
    {{array.name}}.clear();
{% endif %}
{% endfor %}
}

static brian::Pathway *pathway(int32_t number)
{
    switch (number) {
{% for pathway in pathways %}
    case {{loop.index0}}: return &brian::{{pathway.name}};
{% endfor %}
    default: return nullptr;
    }
}

// Return the number of steps of a queue, and how far it has turned.
int32_t resident_queue(int32_t number, int32_t *offset)
{
    *offset = pathway(number)->offset;
    return (int32_t)pathway(number)->queue.size();
}

// Return the synapses that wait in one step of a queue.
int32_t *resident_waiting(int32_t number, int32_t step, int64_t *n)
{
    std::vector<int32_t> &waiting = pathway(number)->queue[step];
    *n = waiting.size();
    return waiting.data();
}

// Set the steps of a queue, one after the other.
void resident_set_waiting(int32_t number, int32_t step, const int32_t *synapses, int64_t n, int32_t n_steps, int32_t offset)
{
    brian::Pathway &queue = *pathway(number);
    queue.queue.resize(n_steps);
    queue.offset = offset;
    queue.queue[step].assign(synapses, synapses + n);
    queue.prepared = false;
}

void resident_set_queue_dt(int32_t number, double dt) { pathway(number)->dt = dt; }

int64_t resident_generator_size() { return sizeof(brian::RandomGenerator); }

void resident_seed(void *place, uint64_t seed) { (new (place) brian::RandomGenerator())->seed(seed); }

// Run the code of an object once.
void resident_run_once(int32_t code)
{
    using namespace brian;
    FlushDenormals flush;
    switch (code) {
{% for entry in entries %}
{% for line in entry.lines %}
    case {{entry.first + loop.index0}}: {{line}} break;
{% endfor %}
{% endfor %}
    }
}

// Run until each clock has reached its last step. `call` runs an object in Python, or with -1 looks after the process, `every` so many
// seconds; it returns 0 to go on, 1 to stop after this step, 2 to stop at once. The seconds that each object takes are added to `spent`,
// unless it is null.
int32_t resident_run(const int64_t *last, int32_t (*call)(int32_t), double every, double *spent)
{
    using namespace brian;
    using seconds = std::chrono::steady_clock;
    FlushDenormals flush;
    const int n_clocks = {{clocks|length}};
    int64_t *steps[] = { {% for clock in clocks %}{{clock.timestep}}, {% endfor %} };
    double *times[] = { {% for clock in clocks %}{{clock.t}}, {% endfor %} };
    double *dts[] = { {% for clock in clocks %}{{clock.dt}}, {% endfor %} };
    bool now[n_clocks];
    int32_t stop = 0;
    const auto pause = std::chrono::duration_cast<seconds::duration>(std::chrono::duration<double>(every));
    auto next = seconds::now() + pause;
{% for line in before %}
    {{line}}
{% endfor %}
    while (!stop) {
        int first = 0;
        for (int k = 1; k < n_clocks; k++)
            if (*times[k] < *times[first])
                first = k;
        if (*steps[first] >= last[first])
            break;
        for (int k = 0; k < n_clocks; k++)
            now[k] = std::abs(*times[k] - *times[first]) / std::min(*dts[k], *dts[first]) < 1e-4;
{% for entry in entries %}
        if (now[{{entry.clock}}]) {
            const auto began = spent ? seconds::now() : seconds::time_point();
{% for line in entry.lines %}
            {{line}}
{% endfor %}
{% if entry.python is not none %}
            stop |= call({{entry.python}});
            if (stop & 2)
                return stop;
{% endif %}
            if (spent)
                spent[{{loop.index0}}] += std::chrono::duration<double>(seconds::now() - began).count();
        }
{% endfor %}
        for (int k = 0; k < n_clocks; k++)
            if (now[k])
                *times[k] = ++*steps[k] * *dts[k];
        if (seconds::now() >= next) {
            stop |= call(-1);
            next = seconds::now() + pause;
        }
    }
{% for line in after %}
    {{line}}
{% endfor %}
    return stop;
}

}  // extern "C"
