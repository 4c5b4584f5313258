"""An engine and a fabric in memory."""
