"""People who answer a technician: what was typed is understood, answered, acted upon in the lab, and kept."""
