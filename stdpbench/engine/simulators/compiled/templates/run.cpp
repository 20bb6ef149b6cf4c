{# Empty: `resident_present` replaces Brian2's run. #}
{% macro cpp_file() %}
{% endmacro %}

{% macro h_file() %}
{% endmacro %}
