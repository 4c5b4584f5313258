"""Timed jury sessions: planning, drawing, running, sealing the evidence, and what the jury decides and signs."""
