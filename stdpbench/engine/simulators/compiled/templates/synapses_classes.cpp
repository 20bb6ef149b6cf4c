{# Empty: pathways read the spikes directly (see synapses.cpp), without queues. #}
{% macro cpp_file() %}
{% endmacro %}

{% macro h_file() %}
{% endmacro %}
