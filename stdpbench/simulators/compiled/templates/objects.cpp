{# The arrays of the network: without Brian2's clocks, queues and random numbers, and its functions that read and write files. #}
{% macro cpp_file() %}
namespace brian {
{% for var, name in array_specs|dictsort(by='value') if not var in dynamic_array_specs %}
{{c_data_type(var.dtype)}} *{{name}} = nullptr;
{% endfor %}
{% for var, name in dynamic_array_specs|dictsort(by='value') %}
resident::Vector<{{c_data_type(var.dtype)}}> {{name}};
{% endfor %}
}  // namespace brian

RESIDENT_COLD static void allocate()
{
    using namespace brian;
{% for var, name in array_specs|dictsort(by='value') if not var in dynamic_array_specs %}
    resident::allocate({{name}}, _num_{{name}});
{% endfor %}
{% for var, name, start in arange_arrays|sort(attribute='1') %}
    for (int i = 0; i < {{var.size}}; i++)
        {{name}}[i] = {{start}} + i;
{% endfor %}
}
{% endmacro %}

{% macro h_file() %}
namespace resident {

// Memory that begins with a line of the processor's cache: a vector of 512 bits that crosses two lines is read and written in two steps.
static const std::align_val_t LINE = std::align_val_t(64);
template <typename T> struct Aligned {
    typedef T value_type;
    Aligned() = default;
    template <typename U> Aligned(const Aligned<U> &) {}
    T *allocate(size_t n) { return static_cast<T *>(::operator new(n * sizeof(T), LINE)); }
    void deallocate(T *array, size_t) { ::operator delete(array, LINE); }
    template <typename U> bool operator==(const Aligned<U> &) const { return true; }
    template <typename U> bool operator!=(const Aligned<U> &) const { return false; }
};
template <typename T> using Vector = std::vector<T, Aligned<T>>;

}  // namespace resident

namespace brian {
{% for var, name in array_specs|dictsort(by='value') if not var in dynamic_array_specs %}
extern {{c_data_type(var.dtype)}} *{{name}};
static const int _num_{{name}} = {{var.size}};
{% endfor %}
{% for var, name in dynamic_array_specs|dictsort(by='value') %}
extern resident::Vector<{{c_data_type(var.dtype)}}> {{name}};
{% endfor %}
}  // namespace brian
{% endmacro %}
