{# Brian2's state update, laid out so that the compiler vectorises it; for a group that is mostly idle, over those awake. #}
{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    {% if awake_list(owner) and is_step(owner, codeobj_name) %}
    {% set _arrays = vector_code|written(n_assigned(variables, code_of(owner, codeobj_name))) %}
    resident::Awake &_awake = resident::{{awake_list(owner)}};
    const int _n_awake = (int)_awake.list.size();
    const int32_t *_list = _awake.list.data();
    int64_t *_moved = _awake.moved.data();
    RESIDENT_INDEPENDENT
    for (int _k = 0; _k < _n_awake; _k++)
    {
        const int _idx = _list[_k];
        const size_t _vectorisation_idx = _idx;
        {% for array in _arrays %}
        const double _before{{loop.index}} = {{array}}[_idx];
        {% endfor %}
        {{vector_code|fast|autoindent}}
        _moved[_k] = {% for array in _arrays %}(_before{{loop.index}} != {{array}}[_idx]){{ " | " if not loop.last }}{% endfor %};
    }
    {% elif is_sparse(owner) %}
    const resident::Rows &_rows = resident::{{rows_of(owner)}};
    for (int32_t _source = 0; _source < _rows.n_sources; _source++)
        for (int32_t _place = _rows.first[_source]; _place < _rows.first[_source + 1]; _place++)
        {
            const size_t _idx = _place;
            const int32_t _target = _rows.target[_idx];
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast|autoindent}}
        }
    {% else %}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    RESIDENT_INDEPENDENT
    for (int _idx = 0; _idx < _N; _idx++)
    {
        const size_t _vectorisation_idx = _idx;
        {{vector_code|fast|autoindent}}
    }
    {% endif %}
{% endblock %}
