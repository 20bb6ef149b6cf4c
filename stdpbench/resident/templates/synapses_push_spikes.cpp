{# USES_VARIABLES { delay, _source_dt } #}
{% extends 'common_group.cpp' %}

{% block before_code %}
    {{owner.name}}.prepare({{get_array_name(variables['delay'], access_data=False)}}, {{get_array_name(owner.synapse_sources, access_data=False)}}, {{_source_dt}});
{% endblock %}

{% block maincode %}
    {% set events = get_array_name(eventspace_variable) %}
    {{owner.name}}.push({{events}}, {{events}}[_num{{eventspace_variable.name}} - 1]);
{% endblock %}
