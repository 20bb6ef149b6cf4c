{# Nothing: pathways read the spikes themselves (see synapses.cpp), so no queue exists. #}
{% macro cpp_file() %}
{% endmacro %}

{% macro h_file() %}
{% endmacro %}
