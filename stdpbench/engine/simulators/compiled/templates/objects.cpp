{# The arrays of the network, without Brian2's clocks, queues and random numbers, and without reading and writing files. #}
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
