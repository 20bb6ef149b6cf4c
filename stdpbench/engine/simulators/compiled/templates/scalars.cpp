{# Numbers of vector code that are the same for all neurons or synapses. Those that depend only on parameters are computed once per
   presentation, the others in each step. Networks of float32 also have a float copy of each: see rewriting.py. #}
{% macro computed_before(codeobj_name, names, scalar_code, pointers_lines, function="_start") %}
{% if names is not none %}
namespace scalars_{{codeobj_name}} {
{% for name in names %}
static double {{name}};
{% if real() == "float" %}
static float {{name}}_single;
{% endif %}
{% endfor %}
}

static void {{function}}_{{codeobj_name}}()
{
    using namespace brian;
    using namespace support_{{codeobj_name}};
    %CONSTANTS%
    {{pointers_lines|autoindent}}
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% for name in names %}
    scalars_{{codeobj_name}}::{{name}} = {{name}};
    {% if real() == "float" %}
    scalars_{{codeobj_name}}::{{name}}_single = (float){{name}};
    {% endif %}
    {% endfor %}
}
{% else %}
static void {{function}}_{{codeobj_name}}() {}
{% endif %}
{% endmacro %}

{# The postponed decay factor of traces, and its inverse. #}
{% macro decay_since(vector_code) %}
{% for pointer in postponed(vector_code) %}
    const float _late{{pointer}} = resident::late{{pointer|array_of}}.factor;
    const float _early{{pointer}} = 1.0f / _late{{pointer}};
{% endfor %}
{% endmacro %}

{% macro of_step(codeobj_name, names, scalar_code) %}
    const size_t _vectorisation_idx = -1;
    {% if names is not none %}
    {% for name in names %}
    const double {{name}} = scalars_{{codeobj_name}}::{{name}};
    {% if real() == "float" %}
    const float {{name}}_single = scalars_{{codeobj_name}}::{{name}}_single;
    {% endif %}
    {% endfor %}
    {% else %}
    {{scalar_code|autoindent}}
    {% endif %}
{% endmacro %}
