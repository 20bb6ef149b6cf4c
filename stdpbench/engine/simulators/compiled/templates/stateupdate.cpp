{# Brian2's state update in a form that the compiler vectorises; for a group that is mostly idle, over awake neurons. #}
{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}
{% from 'scalars.cpp' import computed_before, decay_since, of_step with context %}

{% block before %}
{{computed_before(codeobj_name, scalar_code|once(variables), scalar_code, pointers_lines)}}
{% endblock %}

{% block maincode %}
{{of_step(codeobj_name, scalar_code|once(variables), scalar_code)}}
    {% if awake_list(owner) and is_step(owner, codeobj_name) %}
    {% set _arrays = vector_code|written(n_assigned(variables, code_of(owner, codeobj_name))) %}
{{decay_since(vector_code)}}
    resident::Awake<{{word()}}> &_awake = resident::{{awake_list(owner)}};
    const int _n_awake = (int)_awake.list.size();
    const int32_t *_list = _awake.list.data();
    auto *_moved = _awake.moved.data();
    RESIDENT_INDEPENDENT
    for (int _k = 0; _k < _n_awake; _k++)
    {
        const int _idx = _list[_k];
        const size_t _vectorisation_idx = _idx;
        {% for array in _arrays %}
        const auto _before{{loop.index}} = {{array}}[_idx];
        {% endfor %}
        {{vector_code|fast(scalar_code, variables)|autoindent}}
        _moved[_k] = {% for array in _arrays %}(_before{{loop.index}} != {{array}}[_idx]){{ " | " if not loop.last }}{% endfor %};
    }
    {% elif is_sparse(owner) %}
{{decay_since(vector_code)}}
    const resident::Rows &_rows = resident::{{rows_of(owner)}};
    for (int32_t _source = 0; _source < _rows.n_sources; _source++)
        for (int32_t _place = _rows.first[_source]; _place < _rows.first[_source + 1]; _place++)
        {
            const size_t _idx = _place;
            const int32_t _target = _rows.target[_idx];
            const size_t _vectorisation_idx = _idx;
            {{vector_code|dense_index('_source', '_target')|fast(scalar_code, variables)|autoindent}}
        }
    {% else %}
    const int _N = {{constant_or_scalar('N', variables['N'])}};
    {% set _scanned = scanned(owner) if is_step(owner, codeobj_name) else none %}
    {% if _scanned is not none %}
    {{word()}} _any = 0;
    {% endif %}
    {% set _decays = [] %}
    {% set _step = vector_code|stepped(scalar_code, variables, owner, _decays) %}
    {% for pointer, number in _decays %}
    resident::late{{pointer|array_of}}.pass({{number}}, {{pointer|array_of}}, _num_{{pointer|array_of}});
    {% endfor %}
{{decay_since(_step)}}
    {% for array in rounded(owner) %}
    const float *_rounded{{array}} = resident::rounded{{array}}.data();
    {% endfor %}
    {% set _quick = quick(_step, scalar_code, variables, owner) if _scanned is not none else none %}
    {% if _quick %}
    resident::Quick &_state = resident::quick_{{_scanned}};
    bool _may_be_quick = _state.pause == 0{{ " && _state.rests" if _quick.resting }};
    {
        {% for variable in _quick.resting %}
        {{variable.real}} {{variable.name}} = 0;
        {{variable.update}}
        _may_be_quick &= {{variable.name}} == 0;
        {% endfor %}
        {% for condition in _quick.conditions %}
        _may_be_quick &= {{condition}};
        {% endfor %}
    }
    _state.pause -= _state.pause > 0;
    {{word()}} _raised = 0;
    for (int _start = 0; _start < _N; _start += resident::Quick::BLOCK)
    {
        const int _end = std::min(_start + resident::Quick::BLOCK, _N);
        {{real()}} _largest = 0;
        if (_may_be_quick)
            for (int _idx = _start; _idx < _end; _idx++)
            {
                const size_t _vectorisation_idx = _idx;
                {{_quick.search|autoindent}}
            }
        if (_may_be_quick && _largest <= resident::NEAR)
        {
            RESIDENT_INDEPENDENT
            for (int _idx = _start; _idx < _end; _idx++)
            {
                const size_t _vectorisation_idx = _idx;
                {{_quick.step|autoindent}}
                _any |= {{fires()}} != 0;
            }
            continue;
        }
        if (_may_be_quick)
            _state.pause = resident::Quick::PAUSE;
        RESIDENT_INDEPENDENT
        for (int _idx = _start; _idx < _end; _idx++)
        {
            const size_t _vectorisation_idx = _idx;
            {{_step|autoindent}}
            _any |= {{fires()}} != 0;
            {% for variable in _quick.resting %}
            _raised |= {{variable.name}} != 0;
            {% endfor %}
        }
    }
    _state.rests = _raised == 0;
    {% else %}
    RESIDENT_INDEPENDENT
    for (int _idx = 0; _idx < _N; _idx++)
    {
        const size_t _vectorisation_idx = _idx;
        {{_step|autoindent}}
        {% if _scanned is not none %}
        _any |= {{fires()}} != 0;
        {% endif %}
    }
    {% endif %}
    {% if _scanned is not none %}
    resident::fires_{{_scanned}} = _any != 0;
    {% endif %}
    {% endif %}
{% endblock %}
