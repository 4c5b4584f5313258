"""From a scenario and a seed to a plan, before anything starts: a pure function, the same on every machine.

``variant`` draws the values, ``template_context`` offers them to templates, ``planner`` makes the plan.
"""
