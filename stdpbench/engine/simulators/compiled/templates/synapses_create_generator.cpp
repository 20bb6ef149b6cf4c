{# Create the synapses of a projection, ordered by source: of all pairs of neurons, or one per source, with the target from Brian2's code.
   Targets are always neurons of the group. #}
{# USES_VARIABLES { _synaptic_pre, _synaptic_post, N, N_pre, N_post, _source_offset, _target_offset } #}
{# WRITES_TO_READ_ONLY_VARIABLES { _synaptic_pre, _synaptic_post, N } #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    const int32_t _n_sources = {{constant_or_scalar('N_pre', variables['N_pre'])}};
    {% if all_pairs(owner) %}
    const int32_t _n_each = {{constant_or_scalar('N_post', variables['N_post'])}};
    {% else %}
    const int32_t _n_each = 1;
    const size_t _vectorisation_idx = -1;
    {{scalar_code['generator_expr']|autoindent}}
    {% endif %}
    const int32_t _n_made = _n_sources * _n_each;
    {% for variable in owner._registered_variables|sort(attribute='name') if variable.name != 'delay' %}
    resident::allocate({{get_array_name(variable, access_data=False)}}, _n_made);
    {% endfor %}
    for (int32_t _i = 0; _i < _n_sources; _i++)
    {
        const int32_t _raw_pre_idx = _i + _source_offset;
        {% if all_pairs(owner) %}
        for (int32_t _j = 0; _j < _n_each; _j++)
        {
            {{_dynamic__synaptic_pre}}[(size_t)_i * _n_each + _j] = _raw_pre_idx;
            {{_dynamic__synaptic_post}}[(size_t)_i * _n_each + _j] = _j + _target_offset;
        }
        {% else %}
        {{vector_code['generator_expr']|autoindent}}
        {{_dynamic__synaptic_pre}}[_i] = _raw_pre_idx;
        {{_dynamic__synaptic_post}}[_i] = _j + _target_offset;
        {% endif %}
    }
    {{N}} = _n_made;
{% endblock %}
