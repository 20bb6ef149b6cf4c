// The hand-written float32 kernel with its exc neurons split among threads, each of which has a range of columns of the weights.
//
// Neurons of a range need nothing of others but the spikes, so that threads wait for each other once per step. No sum is over
// neurons of two ranges: results are those of one thread, to the bit. two_threads.py compiles it and compares.

#include "kernel_float32.cpp"

#include <atomic>
#include <thread>

namespace {

inline void pause_briefly() {
#if defined(__SSE__) || defined(__x86_64__)
    _mm_pause();
#endif
}

// All threads wait here until the last one has arrived. A thread that spins for long lets others run.
class Barrier {
public:
    explicit Barrier(int threads) : threads(threads) {}
    void wait() {
        const int round = this->round.load(std::memory_order_relaxed);
        if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
            arrived.store(0, std::memory_order_relaxed);
            this->round.store(round + 1, std::memory_order_release);
            return;
        }
        for (int spins = 0; this->round.load(std::memory_order_acquire) == round; spins++) {
            if (spins < 20000)
                pause_briefly();
            else
                std::this_thread::yield();
        }
    }

private:
    const int threads;
    alignas(64) std::atomic<int> arrived{0};
    alignas(64) std::atomic<int> round{0};
};

struct Shown {
    const int32_t *index, *bin;
    int n_spikes, n_steps;
    float weight_sum;
};

// Spikes of one thread in a step. Few are in the cache line that says which step it is, so that a step costs one transfer.
struct alignas(64) Message {
    static constexpr int FEW = 13;
    std::atomic<int> step{-1};
    int n_fired = 0, n_inhibiting = 0;
    int few[FEW];
    std::vector<int> many;

    void send(int now, const std::vector<int> &fired, const std::vector<int> &inhibiting) {
        n_fired = static_cast<int>(fired.size());
        n_inhibiting = static_cast<int>(inhibiting.size());
        if (n_fired + n_inhibiting <= FEW) {
            std::copy(inhibiting.begin(), inhibiting.end(), std::copy(fired.begin(), fired.end(), few));
        } else {
            many = fired;
            many.insert(many.end(), inhibiting.begin(), inhibiting.end());
        }
        step.store(now, std::memory_order_release);
    }
    void add_to(int now, std::vector<int> &fired, std::vector<int> &inhibiting) const {
        for (int spins = 0; step.load(std::memory_order_acquire) != now; spins++)
            if (spins > 100000) std::this_thread::yield();
        const int *from = n_fired + n_inhibiting <= FEW ? few : many.data();
        fired.insert(fired.end(), from, from + n_fired);
        inhibiting.insert(inhibiting.end(), from + n_fired, from + n_fired + n_inhibiting);
    }
};

// By parity of the step: a message is read before its sender can have finished the next step.
struct Outbox {
    Message message[2];
};

class Split {
public:
    Split(Network &net, int threads) : net(net), start(threads), step(threads), end(threads), out(threads) {
        for (int t = 0; t < threads; t++) {
            const int blocks = net.stride / PAD;
            low.push_back(blocks * t / threads * PAD);
            high.push_back(blocks * (t + 1) / threads * PAD);
        }
        for (int t = 1; t < threads; t++)
            pool.emplace_back([this, t] {
                for (start.wait(); !closed; start.wait()) {
                    present(t);
                    end.wait();
                }
            });
    }
    ~Split() {
        closed = true;
        start.wait();
        for (std::thread &each : pool) each.join();
    }
    int show(const Shown &wanted) {
        shown = wanted;
        start.wait();
        const int count = present(0);
        end.wait();
        return count;
    }

private:
    int present(int t);
    void normalise(int from, int to);

    Network &net;
    Barrier start, step, end;
    std::vector<Outbox> out;
    std::vector<int> low, high;
    std::vector<std::thread> pool;
    Shown shown{};
    bool closed = false;
};

void Split::normalise(int from, int to) {
    std::vector<float> sums(net.stride, 0.0f);
    for (int i = 0; i < net.n_input; i++)
        for (int j = from; j < to; j++) sums[j] += net.w[static_cast<size_t>(i) * net.stride + j];
    for (int j = from; j < to; j++) sums[j] = sums[j] > 0 ? shown.weight_sum / sums[j] : 1.0f;
    for (int i = 0; i < net.n_input; i++)
        for (int j = from; j < to; j++) net.w[static_cast<size_t>(i) * net.stride + j] *= sums[j];
}

int Split::present(int t) {
    const int from = low[t], to = high[t], end = std::min(to, net.n);
#if defined(__SSE__) || defined(__x86_64__)
    const unsigned int mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040);  // denormal numbers are 0
#endif
    Network own = net;  // its range, as a network of its own, for the loops over neurons
    own.stride = to - from;
    for (float **array : {&own.v, &own.ge, &own.gi, &own.theta, &own.y1, &own.y2, &own.lockout, &own.inh_v, &own.inh_ge,
                          &own.inh_lockout})
        *array += from;
    std::vector<int> last_input = net.last_input, mine, mine_inh, fired, from_layer, inhibiting, inhibiting_next = net.inhibiting_next;
    out[t].message[0].step = out[t].message[1].step = -1;
    step.wait();
    normalise(from, to);
    const int n_steps = shown.n_steps;
    int next = 0, count = 0;
    for (int now = 0; now < n_steps; now++) {
        const int parity = now & 1;
        const bool any_exc = step_exc(own);
        const bool any_inh = net.layer && step_inh(own);
        mine.clear();
        mine_inh.clear();
        if (any_exc)
            for (int j = from; j < end; j++)
                if (net.lockout[j] < 0.5f && net.v[j] > net.theta[j] - 72) mine.push_back(j);
        if (any_inh)
            for (int j = from; j < end; j++)
                if (net.inh_lockout[j] < 0.5f && net.inh_v[j] > -40) mine_inh.push_back(j);
        out[t].message[parity].send(now, mine, mine_inh);
        fired.clear();
        from_layer.clear();
        for (const Outbox &each : out) each.message[parity].add_to(now, fired, from_layer);
        inhibiting.swap(net.layer ? from_layer : inhibiting_next);
        if (!net.layer) inhibiting_next = fired;
        for (; next < shown.n_spikes && shown.bin[next] == now; next++) {
            const int i = shown.index[next];
            float *w = net.w + static_cast<size_t>(i) * net.stride + from;
            float *ge = own.ge;
            const float *y1 = own.y1;
            INDEPENDENT
            for (int j = 0; j < own.stride; j++) {
                ge[j] += w[j];
                w[j] = std::fmin(std::fmax(w[j] - NU_PRE * y1[j], 0.0f), W_MAX);
            }
            last_input[i] = now;
        }
        for (int j : mine) {
            const float gain = NU_POST * net.y2[j];
            for (int i = 0; i < net.n_input; i++) {
                const int age = now - last_input[i];
                const float x = age < TRACE_STEPS ? net.trace[age] : 0.0f;
                float &w = net.w[static_cast<size_t>(i) * net.stride + j];
                w = std::fmin(std::fmax(w + gain * x, 0.0f), W_MAX);
            }
            if (net.layer) net.inh_ge[j] += W_EXC_INH;
            net.v[j] = -65;
            net.theta[j] += THETA_PLUS;
            net.lockout[j] = LOCKOUT_EXC;
            net.y1[j] = net.y2[j] = 1;
        }
        for (int j : mine_inh) {
            net.inh_v[j] = -45;
            net.inh_lockout[j] = LOCKOUT_INH;
        }
        if (!inhibiting.empty()) {
            const float all = W_INH_EXC * static_cast<float>(inhibiting.size());
            for (int j = from; j < to; j++) net.gi[j] += all;
            for (int j : inhibiting)
                if (j >= from && j < to) net.gi[j] -= W_INH_EXC;
        }
        count += static_cast<int>(fired.size());
    }
    const float decay_theta = std::exp(-500 / 1e7f);
    for (int j = from; j < end; j++) net.theta[j] *= decay_theta;
    if (t == 0) {  // the others have copies
        step.wait();
        for (int &last : last_input) last = std::max(last - n_steps, -TRACE_STEPS);
        net.last_input = last_input;
        net.inhibiting_next = inhibiting_next;
    } else {
        step.wait();
    }
#if defined(__SSE__) || defined(__x86_64__)
    _mm_setcsr(mode);
#endif
    return count;
}

}  // namespace

extern "C" void *split_new(void *handle, int threads) { return new Split(*static_cast<Network *>(handle), threads); }

extern "C" void split_close(void *handle) { delete static_cast<Split *>(handle); }

// Normalises the weights and shows one picture, learning. Returns the exc spikes of all steps.
extern "C" int split_present(void *handle, const int32_t *index, const int32_t *bin, int n_spikes, int n_steps,
                             float weight_sum) {
    return static_cast<Split *>(handle)->show({index, bin, n_spikes, n_steps, weight_sum});
}

extern "C" void kernel_weights(void *handle, float *w) {
    const Network &net = *static_cast<Network *>(handle);
    for (int i = 0; i < net.n_input; i++)
        std::copy(net.w + static_cast<size_t>(i) * net.stride, net.w + static_cast<size_t>(i) * net.stride + net.n,
                  w + static_cast<size_t>(i) * net.n);
}
