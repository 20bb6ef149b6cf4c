{# Brian2's code before a simulation: start values of parameters, creation of synapses. #}
RESIDENT_COLD static void set_up()
{
    using namespace brian;

    {{main_lines|autoindent}}
}
