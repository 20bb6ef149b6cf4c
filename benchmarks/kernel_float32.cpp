// The Diehl & Cook network, written by hand for speed: float32, flat arrays, one loop per task.
//
// The equations, parameters and order within a step are those of stdpbench's network without delays: conductance-based
// neurons stepped by exponential Euler, conductances that lose dt/tau per step, triplet rule, inhibition through a
// layer or directly and one step later. The kernel uses facts that a code generator cannot know: nothing has a delay,
// inhibition is the same for all pairs, and the input trace is looked up from the time of the last input spike. Rows
// of weights are padded so that every loop runs over whole vectors. Units: mV, time steps of 0.5 ms.
// kernel_float32.py compiles it.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#if defined(__SSE__) || defined(__x86_64__)
#include <xmmintrin.h>
#endif

// The arrays of the next loop do not overlap.
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

namespace {

constexpr float DT = 0.5f;
constexpr float DECAY_GE = 1 - DT / 1.0f, DECAY_GI = 1 - DT / 2.0f;
constexpr float NU_PRE = 1e-4f, NU_POST = 1e-2f, W_MAX = 1;
constexpr float THETA_PLUS = 0.05f, W_EXC_INH = 10.4f, W_INH_EXC = 17;
constexpr int LOCKOUT_EXC = 10, LOCKOUT_INH = 4;
constexpr int TRACE_STEPS = 1400;  // 35 time constants of x
constexpr int PAD = 16;

float *zeros(size_t n) {
    float *array = new (std::align_val_t(64)) float[n];
    std::fill(array, array + n, 0.0f);
    return array;
}

// exp(x) for x <= 0, relative error below 2e-7 (Taylor series of 2^f, |f| <= 1/2, times a power of two)
inline float exp_negative(float x) {
    const float t = std::fmax(x * 1.442695041f, -126.0f);
    const int32_t whole = static_cast<int32_t>(t - 0.5f);
    const float f = t - static_cast<float>(whole);
    float p = 1.540353e-4f;
    p = p * f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1.0f;
    const int32_t bits = (whole + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return p * power;
}

// 1 for a neuron that is not refractory, else 0: a branch might not be vectorised. lockout counts whole steps.
inline float free_factor(float lockout) { return 1 - std::fmin(lockout, 1.0f); }

// v after one step, x = -dt/tau_m * g; held while the neuron is refractory.
inline float relax(float v, float v_inf, float x, float lockout) {
    return v + free_factor(lockout) * (v_inf - v) * (1 - exp_negative(x));
}

struct Network {
    int n_input, n, stride;
    bool layer;
    float *w;                                           // (n_input, stride)
    float *v, *ge, *gi, *theta, *y1, *y2, *lockout;     // exc
    float *inh_v, *inh_ge, *inh_lockout;                // inh
    std::vector<int> last_input;                        // step of the last spike of each input
    std::vector<int> fired, inhibiting, inhibiting_next;
    float trace[TRACE_STEPS];
};

// One step of all exc neurons; true if any of them is above its threshold.
bool step_exc(const Network &net) {
    float *v = net.v, *ge = net.ge, *gi = net.gi, *lockout = net.lockout;
    float *y1 = net.y1, *y2 = net.y2;
    const float *theta = net.theta;
    const float decay_y1 = std::exp(-DT / 20), decay_y2 = std::exp(-DT / 40);
    const int n = net.stride;
    float largest = 0;
    INDEPENDENT
    for (int j = 0; j < n; j++) {
        lockout[j] = std::fmax(lockout[j] - 1, 0.0f);
        const float g = 1 + ge[j] + gi[j];
        const float v_inf = (-65 - 100 * gi[j]) / g;
        v[j] = relax(v[j], v_inf, -DT / 100 * g, lockout[j]);
        largest = std::fmax(largest, free_factor(lockout[j]) * (v[j] + 72 - theta[j]));
        ge[j] *= DECAY_GE;
        gi[j] *= DECAY_GI;
        y1[j] *= decay_y1;
        y2[j] *= decay_y2;
    }
    return largest > 0;
}

bool step_inh(const Network &net) {
    float *v = net.inh_v, *ge = net.inh_ge, *lockout = net.inh_lockout;
    const int n = net.stride;
    float largest = 0;
    INDEPENDENT
    for (int j = 0; j < n; j++) {
        lockout[j] = std::fmax(lockout[j] - 1, 0.0f);
        const float g = 1 + ge[j];
        const float v_inf = -60 / g;
        v[j] = relax(v[j], v_inf, -DT / 10 * g, lockout[j]);
        largest = std::fmax(largest, free_factor(lockout[j]) * (v[j] + 40));
        ge[j] *= DECAY_GE;
    }
    return largest > 0;
}

void input_spike(const Network &net, int i) {
    float *w = net.w + static_cast<size_t>(i) * net.stride, *ge = net.ge;
    const float *y1 = net.y1;
    const int n = net.stride;
    INDEPENDENT
    for (int j = 0; j < n; j++) {
        ge[j] += w[j];
        w[j] = std::fmin(std::fmax(w[j] - NU_PRE * y1[j], 0.0f), W_MAX);
    }
}

void exc_spike(Network &net, int j, int now) {
    const float gain = NU_POST * net.y2[j];
    for (int i = 0; i < net.n_input; i++) {
        const int age = now - net.last_input[i];
        const float x = age < TRACE_STEPS ? net.trace[age] : 0.0f;
        float &w = net.w[static_cast<size_t>(i) * net.stride + j];
        w = std::fmin(std::fmax(w + gain * x, 0.0f), W_MAX);
    }
}

void inhibit(const Network &net, const std::vector<int> &from) {
    if (from.empty()) return;
    const float all = W_INH_EXC * static_cast<float>(from.size());
    float *gi = net.gi;
    for (int j = 0; j < net.stride; j++) gi[j] += all;
    for (int j : from) gi[j] -= W_INH_EXC;
}

}  // namespace

extern "C" void *kernel_new(int n_input, int n_exc, int layer, const float *w) {
    Network *net = new Network();
    net->n_input = n_input;
    net->n = n_exc;
    net->stride = (n_exc + PAD - 1) / PAD * PAD;
    net->layer = layer != 0;
    net->w = zeros(static_cast<size_t>(n_input) * net->stride);
    for (int i = 0; i < n_input; i++)
        std::copy(w + static_cast<size_t>(i) * n_exc, w + static_cast<size_t>(i + 1) * n_exc,
                  net->w + static_cast<size_t>(i) * net->stride);
    for (float **array : {&net->v, &net->ge, &net->gi, &net->theta, &net->y1, &net->y2, &net->lockout, &net->inh_v,
                          &net->inh_ge, &net->inh_lockout})
        *array = zeros(net->stride);
    std::fill(net->v, net->v + net->stride, -65.0f);
    std::fill(net->inh_v, net->inh_v + net->stride, -60.0f);
    std::fill(net->theta, net->theta + net->stride, 20.0f);
    net->last_input.assign(n_input, -TRACE_STEPS);
    for (int age = 0; age < TRACE_STEPS; age++) net->trace[age] = std::exp(-DT * static_cast<float>(age) / 20);
    return net;
}

extern "C" void kernel_normalise(void *handle, float weight_sum) {
    Network &net = *static_cast<Network *>(handle);
    std::vector<float> sums(net.stride, 0.0f);
    for (int i = 0; i < net.n_input; i++)
        for (int j = 0; j < net.stride; j++) sums[j] += net.w[static_cast<size_t>(i) * net.stride + j];
    for (int j = 0; j < net.stride; j++) sums[j] = sums[j] > 0 ? weight_sum / sums[j] : 1.0f;
    for (int i = 0; i < net.n_input; i++)
        for (int j = 0; j < net.stride; j++) net.w[static_cast<size_t>(i) * net.stride + j] *= sums[j];
}

// Shows one picture, learning. Spikes are ascending in bin. Returns the exc spikes of the first n_stimulus steps.
extern "C" int kernel_present(void *handle, const int32_t *index, const int32_t *bin, int n_spikes, int n_stimulus,
                              int n_steps) {
    Network &net = *static_cast<Network *>(handle);
#if defined(__SSE__) || defined(__x86_64__)
    const unsigned int mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040);  // denormal numbers are 0
#endif
    int next = 0, count = 0;
    for (int now = 0; now < n_steps; now++) {
        const bool any_exc = step_exc(net);
        const bool any_inh = net.layer && step_inh(net);
        net.fired.clear();
        if (any_exc)
            for (int j = 0; j < net.n; j++)
                if (net.lockout[j] < 0.5f && net.v[j] > net.theta[j] - 72) net.fired.push_back(j);
        if (net.layer) {
            net.inhibiting.clear();
            if (any_inh)
                for (int j = 0; j < net.n; j++)
                    if (net.inh_lockout[j] < 0.5f && net.inh_v[j] > -40) net.inhibiting.push_back(j);
        } else {
            net.inhibiting.swap(net.inhibiting_next);
            net.inhibiting_next = net.fired;
        }
        for (; next < n_spikes && bin[next] == now; next++) {
            input_spike(net, index[next]);
            net.last_input[index[next]] = now;
        }
        for (int j : net.fired) {
            exc_spike(net, j, now);
            if (net.layer) net.inh_ge[j] += W_EXC_INH;
            net.v[j] = -65;
            net.theta[j] += THETA_PLUS;
            net.lockout[j] = LOCKOUT_EXC;
            net.y1[j] = net.y2[j] = 1;
        }
        if (net.layer)
            for (int j : net.inhibiting) {
                net.inh_v[j] = -45;
                net.inh_lockout[j] = LOCKOUT_INH;
            }
        inhibit(net, net.inhibiting);
        if (now < n_stimulus) count += static_cast<int>(net.fired.size());
    }
    for (int &last : net.last_input) last = std::max(last - n_steps, -TRACE_STEPS);
    const float decay_theta = std::exp(-500 / 1e7f);
    for (int j = 0; j < net.n; j++) net.theta[j] *= decay_theta;
#if defined(__SSE__) || defined(__x86_64__)
    _mm_setcsr(mode);
#endif
    return count;
}
