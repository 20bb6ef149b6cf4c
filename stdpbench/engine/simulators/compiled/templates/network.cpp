{# Empty: `resident_present` takes the steps instead of Brian2's network. #}
{% macro cpp_file() %}
{% endmacro %}

{% macro h_file() %}
{% endmacro %}
