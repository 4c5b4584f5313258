"""From a scenario and a seed to a plan: what is drawn, rendered and placed."""
