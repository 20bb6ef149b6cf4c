// Spikes that reach each synapse after an individual delay, for one precision; compiled like parts.cpp.
#include "bare.h"
#include "delays.h"

#if defined(RESIDENT_PARTS_APART) && !defined(__cpp_exceptions)
#error "without exceptions, this is compiled with the network: see bare.h"
#endif

namespace resident {

template <typename T> void Delivery<T>::set(const Delays &given, const Train &spikes, int32_t n)
{
    delays = &given;
    train = &spikes;
    n_targets = n;
    n_sources = (int32_t)given.rows.size() - 1;
    const int32_t width = given.longest + 2;
    first.assign((size_t)n_sources * width, 0);
    target.clear();
    filled.clear();
    first_filled.assign(1, 0);
    for (int32_t source = 0; source < n_sources; source++) {
        const int32_t *groups = &given.first[(size_t)source * width];
        for (int32_t delay = 0; delay <= given.longest; delay++) {
            const size_t begin = target.size() / UNIT;
            first[(size_t)source * width + delay] = (int32_t)begin;
            for (int32_t k = groups[delay]; k < groups[delay + 1]; k++)
                target.push_back((uint16_t)given.order[given.rows[source] + k]);
            while (target.size() % UNIT) {
                filled.push_back((int32_t)target.size());
                target.push_back(target.back());
            }
            most_units = std::max(most_units, (int32_t)(target.size() / UNIT - begin));
        }
        first[(size_t)source * width + given.longest + 1] = (int32_t)(target.size() / UNIT);
        first_filled.push_back((int32_t)filled.size());
    }
    row.resize(n_targets);
    if (AHEAD_OF_TIME) {
        window.resize((size_t)(STEPS + given.longest + 1) * n_targets);
        const size_t n_places = given.bins.size();
        const bool all_small = (size_t)(given.longest + 1) * n_targets <= 1 << 16;
        small_places.resize(all_small ? n_places : 0);
        large_places.resize(all_small ? 0 : n_places);
        for (size_t k = 0; k < n_places; k++) {
            const int32_t place = given.bins[k] * n_targets + (int32_t)(k % n_targets);
            all_small ? small_places[k] = (uint16_t)place : large_places[k] = place;
        }
    } else
        weight.assign(target.size(), 0);
    due.resize(given.longest + 1);
}

template <typename T> void Delivery<T>::begin(int32_t n_bins)
{
    sources.clear();
    first_bin.assign(n_sources, -1);
    for (int32_t bin = 0; bin < n_bins; bin++)
        for (int32_t k = 0; k < train->count(bin); k++) {
            const int32_t source = train->at(bin)[k];
            if (first_bin[source] < 0) {
                first_bin[source] = bin;
                sources.push_back(source);
            }
        }
    odd.assign(n_targets, 0);
    list.clear();
    for (auto &arrivals : due)
        arrivals.clear();
    bounded.clear();
    next_bounded = 0;
    beyond.assign(n_sources, 0);
    std::fill(window.begin(), window.end(), T(0));
    window_start = 0;
}

template <typename T> void Delivery<T>::bound(int32_t source, int32_t to, T left)
{
    bounded.push_back({first_bin[source] + delay(source, to), source, to, left});
    beyond[source] = 1;
}

template <typename T> void Delivery<T>::load(const T *w)
{
    for (int32_t to = 0; to < n_targets; to++)
        if (odd[to])
            list.push_back(to);
    std::stable_sort(bounded.begin(), bounded.end(), [](const Bounded &a, const Bounded &b) { return a.bin < b.bin; });
    const int32_t width = delays->longest + 2;
    for (int32_t source : sources) {
        if (AHEAD_OF_TIME)
            break;
        const T *from = w + (size_t)source * n_targets;
        for (int32_t to = 0; to < n_targets; to++)
            row[to] = odd[to] ? 0 : from[to];
        const int32_t *groups = &first[(size_t)source * width];
        for (size_t place = (size_t)groups[0] * UNIT; place < (size_t)groups[width - 1] * UNIT; place++)
            weight[place] = row[target[place]];
        for (int32_t k = first_filled[source]; k < first_filled[source + 1]; k++)
            weight[filled[k]] = 0;
    }
}

template <typename T> T &Delivery<T>::weight_of(int32_t source, int32_t to)
{
    size_t place = (size_t)first[(size_t)source * (delays->longest + 2) + delay(source, to)] * UNIT;
    while (target[place] != to)
        place++;
    return weight[place];
}

template <typename T> void Delivery<T>::single_out(int32_t to, int32_t now)
{
    if (odd[to])
        return;
    odd[to] = 1;
    list.push_back(to);
    for (int32_t source : sources)
        if (!AHEAD_OF_TIME)
            weight_of(source, to) = 0;
    for (int32_t bin = std::max(0, now - delays->longest); bin <= now; bin++)
        for (int32_t k = 0; k < train->count(bin); k++) {
            const int32_t source = train->at(bin)[k], arrives = bin + delay(source, to);
            if (arrives > now)
                due[arrives % due.size()].push_back({source, to});
        }
}

template <typename T> void Delivery<T>::arrive(T *__restrict receptor, const T *w, int32_t now)
{
    leave_for_due(now);
    if (AHEAD_OF_TIME)
        add_ahead_of_time(receptor, w, now);
    else
        add_in_order(receptor, now);
}

template <typename T> void Delivery<T>::leave_for_due(int32_t now)
{
    const size_t n_due = due.size(), here = now % n_due;
    for (int32_t k = 0; k < train->count(now); k++) {
        const int32_t source = train->at(now)[k], *delays_of_source = &delays->bins[delays->rows[source]];
        for (int32_t to : list) {
            const size_t place = here + delays_of_source[to];
            due[place < n_due ? place : place - n_due].push_back({source, to});
        }
    }
}

template <typename T> void Delivery<T>::add_ahead_of_time(T *__restrict receptor, const T *__restrict w, int32_t now)
{
    if (now == window_start + STEPS) {
        const size_t done = (size_t)STEPS * n_targets;
        std::copy(window.begin() + done, window.end(), window.begin());
        std::fill(window.end() - done, window.end(), T(0));
        window_start = now;
    }
    T *__restrict current = window.data() + (size_t)(now - window_start) * n_targets;
    for (int32_t k = 0; k < train->count(now); k++) {
        const int32_t source = train->at(now)[k];
        const size_t row_of_source = (size_t)source * n_targets;
        const T *from = w + row_of_source;
        if (large_places.empty())
            add_row(current, from, small_places.data() + row_of_source);
        else
            add_row(current, from, large_places.data() + row_of_source);
        if (beyond[source] && first_bin[source] < now)
            for (size_t i = next_bounded; i < bounded.size(); i++)  // the previous spike, still in flight, will clip these weights
                if (bounded[i].source == source)
                    current[delay(source, bounded[i].target) * n_targets + bounded[i].target] +=
                        bounded[i].weight - from[bounded[i].target];
    }
    for (int32_t to = 0; to < n_targets; to++)
        receptor[to] += odd[to] ? T(0) : current[to];
}

template <typename T> template <typename P> void Delivery<T>::add_row(T *__restrict current, const T *__restrict from, const P *__restrict to) const
{
    RESIDENT_UNROLLED
    for (int32_t i = 0; i < n_targets; i++)
        current[to[i]] += from[i];
}

template <typename T> void Delivery<T>::add_in_order(T *__restrict receptor, int32_t now)
{
    const int32_t width = delays->longest + 2, begin = std::max(0, now - delays->longest);
    const int32_t n_spikes = (int32_t)(train->at(now) + train->count(now) - train->at(begin));
    units.resize((size_t)n_spikes * most_units + 8 + AHEAD);
    int32_t *of_step = units.data();
    size_t n = 0;
    for (int32_t bin = begin; bin <= now; bin++) {  // longest delay first
        const int32_t *spikes = train->at(bin), count = train->count(bin);
        for (int32_t k = 0; k < count; k++) {
            const int32_t *group = &first[(size_t)spikes[k] * width + (now - bin)];
            const int32_t start = group[0], length = group[1] - start;
            int32_t *mine = of_step + n, done = 0;
            Eight next = Eight{start, start, start, start, start, start, start, start} + Eight{0, 1, 2, 3, 4, 5, 6, 7};
            do {  // writes up to 7 too many, which the next group overwrites
                std::memcpy(mine + done, &next, sizeof next);
                next += Eight{8, 8, 8, 8, 8, 8, 8, 8};
            } while ((done += 8) < length);
            n += length;
        }
    }
    const T *weights = weight.data();
    const uint16_t *targets = target.data();
    for (size_t k = 0; k < n; k++) {
        const T *mine = weights + (size_t)of_step[k] * UNIT;
        const uint16_t *to = targets + (size_t)of_step[k] * UNIT;
        RESIDENT_PREFETCH(weights + (size_t)of_step[k + AHEAD] * UNIT);
        RESIDENT_PREFETCH(targets + (size_t)of_step[k + AHEAD] * UNIT);
        for (int32_t i = 0; i < UNIT; i++)
            receptor[to[i]] += mine[i];
    }
}

template <typename T> void Delivery<T>::keep_bounds(T *w, int32_t now)
{
    for (; next_bounded < bounded.size() && bounded[next_bounded].bin == now; next_bounded++) {
        const Bounded &clipped = bounded[next_bounded];
        if (odd[clipped.target])
            continue;
        w[(size_t)clipped.source * n_targets + clipped.target] = clipped.weight;
        if (!AHEAD_OF_TIME)
            weight_of(clipped.source, clipped.target) = clipped.weight;
    }
}

template <typename T> Delivery<T>::Delivery() = default;
template <typename T> Delivery<T>::~Delivery() = default;
template <typename T> void Delivery<T>::release() { *this = Delivery<T>(); }
#if defined(RESIDENT_PARTS_APART)
template struct Delivery<RESIDENT_REAL>;
#endif

}  // namespace resident
