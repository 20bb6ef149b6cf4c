// Code that is the same in every network, compiled once for all networks or with each; see parts.py.
#include "bare.h"
#include "delays.h"
#include "graded.h"

#if defined(RESIDENT_PARTS_APART) && !defined(__cpp_exceptions)
#error "without exceptions, this is compiled with the network: see bare.h"
#endif

namespace resident {

RESIDENT_PART Train::Train() = default;
RESIDENT_PART Train::~Train() = default;
RESIDENT_PART Noise::Noise() = default;
RESIDENT_PART Noise::~Noise() = default;
RESIDENT_PART Delays::Delays() = default;
RESIDENT_PART Delays::~Delays() = default;
RESIDENT_PART Arrivals::Arrivals() = default;
RESIDENT_PART Arrivals::~Arrivals() = default;

RESIDENT_PART void Train::give(const int32_t *spikes, const int32_t *bins, int32_t n, int32_t n_bins, int32_t steps)
{
    given = spikes;
    before = steps;
    first.assign((size_t)n_bins + before + 1, 0);
    for (int32_t k = 0; k < n; k++)  // spikes are sorted by bins, so the last spike of a bin gives the number until then
        first[bins[k] + before + 1] = k + 1;
    for (int32_t b = 0; b < n_bins + before; b++)
        first[b + 1] = std::max(first[b + 1], first[b]);
}

RESIDENT_PART void Train::start(int32_t steps, int32_t n, int32_t n_bins)
{
    before = steps;
    index.clear();
    bin.clear();
    first.assign((size_t)before + n_bins + 1, 0);
    for (int32_t b = -before; b < 0; b++) {
        const double *row = recent + (size_t)(b + before) * n;
        for (int32_t i = 0; i < n; i++)
            if (row[i] != 0) {
                index.push_back(i);
                bin.push_back(b);
            }
        first[b + before + 1] = (int32_t)index.size();
    }
}

RESIDENT_PART void Train::keep_last(int32_t n, int32_t n_bins)
{
    std::fill(recent, recent + (size_t)before * n, 0.0);
    for (size_t k = first[n_bins]; k < index.size(); k++)
        recent[(size_t)(bin[k] - n_bins + before) * n + index[k]] = 1.0;
}

RESIDENT_PART void Train::copy(int32_t *to_index, int32_t *to_bin) const
{
    std::copy(index.begin() + start_of_last(), index.end(), to_index);
    std::copy(bin.begin() + start_of_last(), bin.end(), to_bin);
}

RESIDENT_PART void Train::add(const int32_t *events, int32_t n, int32_t now)
{
    index.insert(index.end(), events, events + n);
    bin.insert(bin.end(), n, now);
}

RESIDENT_PART void Noise::set(const int32_t *neurons, const int32_t *bins, int32_t n, int32_t n_bins, double per_spike)
{
    weight = per_spike;
    index.assign(neurons, neurons + n);
    first.assign((size_t)n_bins + 1, 0);
    for (int32_t k = 0; k < n; k++)
        first[bins[k] + 1]++;
    for (int32_t b = 0; b < n_bins; b++)
        first[b + 1] += first[b];
}

RESIDENT_PART void Delays::set(const int32_t *values, const int64_t *starts, int32_t n_sources, int32_t limit)
{
    const size_t n = (size_t)starts[n_sources];
    longest = std::max(limit, n ? *std::max_element(values, values + n) : 0);
    first.assign((size_t)n_sources * (longest + 2), 0);
    order.resize(n);
    rows.assign(starts, starts + n_sources + 1);
    bins.assign(values, values + n);
    for (int32_t source = 0; source < n_sources; source++)
        sort(source, values + rows[source]);
}

RESIDENT_PART void Delays::sort(int32_t source, const int32_t *row)
{
    const int32_t width = longest + 2, length = (int32_t)(rows[source + 1] - rows[source]);
    int32_t *places = &first[(size_t)source * width];
    std::fill(places, places + width, 0);
    for (int32_t i = 0; i < length; i++)
        places[row[i] + 1]++;
    for (int32_t delay = 0; delay <= longest; delay++)
        places[delay + 1] += places[delay];
    next.assign(places, places + width);
    for (int32_t i = 0; i < length; i++)
        order[rows[source] + next[row[i]]++] = i;
}

RESIDENT_PART bool Delays::update(const double *delays, double steps_per_second)
{
    uint32_t largest = 0;  // negative numbers and NaN become large numbers
    for (size_t i = 0; i < bins.size(); i++)
        largest = std::max(largest, (uint32_t)(int32_t)__builtin_rint(delays[i] * steps_per_second));
    if (largest > (uint32_t)longest + 1)  // allow half a step for rounding
        return false;
    for (size_t source = 0; source + 1 < rows.size(); source++) {
        const int64_t start = rows[source], n = rows[source + 1] - start;
        const double *given = delays + start;
        int32_t *mine = bins.data() + start, changed = 0;
        for (int64_t i = 0; i < n; i++) {
            const int32_t now = std::min((int32_t)__builtin_rint(given[i] * steps_per_second), longest);
            changed |= now ^ mine[i];
            mine[i] = now;
        }
        if (changed)
            sort((int32_t)source, mine);
    }
    return true;
}

RESIDENT_PART void Arrivals::start(const int32_t *index, const int32_t *bin, int32_t n, int32_t n_sources)
{
    first.assign((size_t)n_sources + 1, 0);
    bins.resize(n);
    for (int32_t k = 0; k < n; k++)
        first[index[k] + 1]++;
    for (int32_t i = 0; i < n_sources; i++)
        first[i + 1] += first[i];
    next.assign(first.begin(), first.end());
    for (int32_t k = 0; k < n; k++)
        bins[next[index[k]]++] = bin[k];
}

template <typename T> void Awake<T>::all(int32_t n)
{
    list.resize(n);
    for (int32_t i = 0; i < n; i++)
        list[i] = i;
    is.assign(n, 1);
    moved.resize(n);
}

template <typename T> void Awake<T>::keep_moved()
{
    int32_t kept = 0;
    const int32_t n = (int32_t)list.size();
    for (int32_t k = 0; k < n; k++) {
        const int32_t i = list[k];
        if (moved[k])
            list[kept++] = i;
        else
            is[i] = 0;
    }
    list.resize(kept);
}

template <typename T> void Awake<T>::insert(int32_t i)
{
    is[i] = 1;
    list.insert(std::lower_bound(list.begin(), list.end(), i), i);
}

template <typename T> Awake<T>::Awake() = default;
template <typename T> Awake<T>::~Awake() = default;
#if defined(RESIDENT_PARTS_APART)
template struct Awake<int32_t>;
template struct Awake<int64_t>;
#endif

RESIDENT_PART void Delays::release() { *this = Delays(); }

template <typename T> void Graded<T>::begin(const T *receptor, const double *factors, int32_t now)
{
    after.assign(receptor, receptor + n_targets);
    if (!delays)
        add_spikes(factors, now - delay, -1);
    for (int32_t late = delays ? std::min(delays->longest, now) : -1; late >= 0; late--)
        add_spikes(factors, now - late, late);
}

template <typename T> void Graded<T>::end(T *receptor) const { std::copy(after.begin(), after.end(), receptor); }

template <typename T> void Graded<T>::add_spikes(const double *factors, int32_t bin, int32_t late)
{
    if (bin < 0)
        return;
    const int32_t *spikes = train->at(bin), n = train->count(bin);
    for (int32_t k = 0; k < n; k++) {
        const int32_t source = spikes[k];
        // with weights, generated code adds (scale * w), possibly as a fused multiply-add
        const T factor = (T)factors[spikes - train->given + k] * (weights ? scale : scale * weight);
        const size_t row = rows ? (size_t)rows->first[source] : (size_t)source * (dense ? n_targets : 1);
        if (late >= 0) {
            const int32_t *group = &delays->first[(size_t)source * (delays->longest + 2)];
            const int32_t *places = delays->order.data() + row;
            for (int32_t i = group[late]; i < group[late + 1]; i++)
                add_one(source, row, places[i], factor);
        } else if (dense && weights)
            add_row(weights + row, factor);
        else {
            const int32_t n_synapses = rows ? rows->first[source + 1] - rows->first[source] : dense ? n_targets : 1;
            for (int32_t place = 0; place < n_synapses; place++)
                add_one(source, row, place, factor);
        }
    }
}

template <typename T> void Graded<T>::add_one(int32_t source, size_t row, int32_t place, T factor)
{
    const int32_t target = rows ? rows->target[row + place] : dense ? place : source;
    const size_t weight = rows && rows->weight ? rows->weight[row + place] : row + place;
    after[target] += weights ? factor * weights[weight] : factor;
}

template <typename T> void Graded<T>::add_row(const T *__restrict from, T factor)
{
    T *__restrict to = after.data();
    const int32_t n = n_targets;
    for (int32_t target = 0; target < n; target++)
        to[target] += factor * from[target];
}

template <typename T> Graded<T>::Graded() = default;
template <typename T> Graded<T>::~Graded() = default;
template <typename T> void Graded<T>::release() { *this = Graded<T>(); }
#if defined(RESIDENT_PARTS_APART)
template struct Graded<float>;
template struct Graded<double>;
#endif

// Whether all numbers are finite, by their bits, since arithmetic is compiled with -ffinite-math-only.
RESIDENT_PART bool are_finite(const double *values, size_t n)
{
    const uint64_t largest = 0x7ff0000000000000ull;
    uint64_t odd = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        odd |= (bits & largest) == largest;
    }
    return !odd;
}

RESIDENT_PART bool are_finite(const float *values, size_t n)
{
    const uint32_t largest = 0x7f800000u;
    uint32_t odd = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        odd |= (bits & largest) == largest;
    }
    return !odd;
}

// Columns are processed in blocks whose sums and factors fit into the L1 cache.
static const int32_t COLUMNS = 512;

template <typename T> void column_sums(const T *values, int64_t n_rows, int32_t n_columns, bool squared, double *sums)
{
    for (int32_t start = 0; start < n_columns; start += COLUMNS) {
        const int32_t n = std::min(COLUMNS, n_columns - start);
        double sum[COLUMNS] = {};
        for (int64_t row = 0; row < n_rows; row++) {
            const T *part = values + row * n_columns + start;
            if (squared)
                for (int32_t k = 0; k < n; k++)
                    sum[k] += (double)part[k] * (double)part[k];
            else
                for (int32_t k = 0; k < n; k++)
                    sum[k] += part[k];
        }
        std::copy(sum, sum + n, sums + start);
    }
}

template <typename T> void scale_columns(T *values, int64_t n_rows, int32_t n_columns, const double *factors)
{
    for (int32_t start = 0; start < n_columns; start += COLUMNS) {
        const int32_t n = std::min(COLUMNS, n_columns - start);
        T factor[COLUMNS];
        for (int32_t k = 0; k < n; k++)
            factor[k] = (T)factors[start + k];
        for (int64_t row = 0; row < n_rows; row++) {
            T *part = values + row * n_columns + start;
            RESIDENT_INDEPENDENT
            for (int32_t k = 0; k < n; k++)
                part[k] *= factor[k];
        }
    }
}

}  // namespace resident

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif
extern "C" {

// Sum the columns of a matrix of float (item 4) or double, or their squares, or scale them.
void resident_column_sums(const void *values, int32_t item, int64_t n_rows, int32_t n_columns, int32_t squared, double *sums)
{
    if (item == sizeof(float))
        resident::column_sums((const float *)values, n_rows, n_columns, squared, sums);
    else
        resident::column_sums((const double *)values, n_rows, n_columns, squared, sums);
}

void resident_scale_columns(void *values, int32_t item, int64_t n_rows, int32_t n_columns, const double *factors)
{
    if (item == sizeof(float))
        resident::scale_columns((float *)values, n_rows, n_columns, factors);
    else
        resident::scale_columns((double *)values, n_rows, n_columns, factors);
}

// 1 if spikes ascend strictly in (bin, index), plus 2 if all indices are below n_input.
int32_t resident_in_order(const int32_t *index, const int32_t *bin, int32_t n, int32_t n_input)
{
    int32_t beyond = 0, back = n && (bin[0] < 0 || (bin[0] == 0 && index[0] < 0));
    for (int32_t k = 0; k < n; k++)
        beyond |= (uint32_t)index[k] >= (uint32_t)n_input;
    for (int32_t k = 1; k < n; k++)
        back |= (bin[k] < bin[k - 1]) | ((bin[k] == bin[k - 1]) & (index[k] <= index[k - 1]));
    return (int32_t)!back + 2 * (int32_t)!beyond;
}

}  // extern "C"
#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
